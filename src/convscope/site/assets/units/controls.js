/** The controls of a grid: which picture, which order, which units. */

import { h } from "../base/dom.js";
import { exact } from "../base/numbers.js";
import { chosen, DENSITIES, FILTERS, SORTS, STRENGTHS } from "./choose.js";
import { LEVELS } from "./words.js";

/** @typedef {import("./types.js").Columns} Columns */
/** @typedef {[string, string]} Option  value and words */

/**
 * @param {Columns} columns
 * @param {string[]} faces  the pictures there are
 * @param {(change: Record<string, string | null>) => void} move
 */
export function controls(columns, faces, move) {
  const selects = [
    select("sort", "sorted by", SORTS.filter(([, , column]) => column in columns).map(([value, text]) => [value, text]), move),
    ...FILTERS.map((name) => ({ name, options: optionsOf(name, columns) }))
      .filter(({ options }) => options.length > 1)
      .map(({ name, options }) => select(name, NAMES[name], [["", "any"], ...options], move)),
  ];
  const radios = faces.length > 1 ? faces.map((face, i) => {
    const input = h("input", { type: "radio", name: "show", value: face, onchange: () => move({ show: i ? face : null }) });
    return { face, input, node: h("label", {}, input, face) };
  }) : [];
  const reset = h("button", { type: "button", onclick: () => move(Object.fromEntries(FILTERS.map((name) => [name, null]))) }, "Show all");
  const node = h("form", { class: "dials", "aria-label": "Which units are shown", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    radios.length ? h("fieldset", { class: "choice" }, h("legend", { class: "unseen" }, "Pictures"), radios.map(({ node }) => node)) : null,
    selects.map(({ node }) => node), reset);
  return {
    node,
    /** @param {URLSearchParams} query */
    update(query) {
      for (const { face, input } of radios) input.checked = face === (faces.find((name) => name === query.get("show")) ?? faces[0]);
      for (const { name, input } of selects) {
        input.value = query.get(name) ?? "";
        input.classList.toggle("set", name !== "sort" && input.value !== "");
      }
      reset.hidden = !FILTERS.some((name) => query.get(name));
    },
  };
}

/** @param {string} name @param {string} text @param {Option[]} options @param {(change: Record<string, string | null>) => void} move */
function select(name, text, options, move) {
  const input = h("select", { name, onchange: () => move({ [name]: input.value || null }) },
    options.map(([value, words]) => h("option", { value }, words)));
  return { name, input, node: h("label", {}, h("span", {}, text), input) };
}

const NAMES = /** @type {Record<string, string>} */ ({
  label: "label", level: "level", family: "tuned to", status: "status", density: "fires on", strength: "response",
});

/**
 * What a filter can be set to, with how many units that leaves.
 * @param {string} name
 * @param {Columns} columns
 * @returns {Option[]}
 */
function optionsOf(name, columns) {
  /** @type {Option[]} */
  let options;
  if (name === "density") options = columns.density ? Object.entries(DENSITIES).map(([value, { text }]) => [value, text]) : [];
  else if (name === "strength") options = columns.natural_max ? Object.entries(STRENGTHS).reverse() : [];
  else {
    const values = /** @type {(string | number | null)[]} */ (columns[/** @type {"label"} */ (name)] ?? []);
    options = [...new Set(values.map((value) => String(value ?? "none")))].map((value) => [value, worded(name, value)]);
  }
  const counted = options.map(([value, text]) => ({ value, text, many: chosen(columns, new URLSearchParams({ [name]: value })).length }));
  if (name === "level") counted.sort((a, b) => a.value.localeCompare(b.value));
  else if (!["density", "strength"].includes(name)) counted.sort((a, b) => b.many - a.many);
  return counted.filter(({ many }) => many > 0).map(({ value, text, many }) => [value, `${text} (${exact(many)})`]);
}

/** @param {string} name @param {string} value */
function worded(name, value) {
  if (name === "level") return value === "none" ? "none" : `${value} ${LEVELS[value]?.text ?? ""}`;
  return value === "none" ? "none" : value;
}
