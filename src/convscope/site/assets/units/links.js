/** The units that feed a unit, and those it feeds, each with the kernel that connects them. */

import { h } from "../base/dom.js";
import { counted } from "../base/numbers.js";
import { href } from "../base/route.js";
import { drawn } from "../samples/kernel.js";
import { face } from "./tile.js";
import { percent, response } from "./words.js";

/** @typedef {import("./types.js").Link} Link */
/** @typedef {import("./types.js").FeatureLayer} FeatureLayer */

const NOTICED = 0.001; // smaller changes are none
const FIRST = 8; // shown before a person asks for all

/**
 * @param {string} title
 * @param {Link[] | undefined} all  strongest first
 * @param {Map<string, FeatureLayer>} layers
 * @param {string[]} [assumed]  of links inwards: what was taken for granted between the layers, as sentences
 */
export function links(title, all, layers, assumed) {
  if (!all?.length || all.every(({ layer }) => layer === "input")) return null; // that is its own kernel
  const most = Math.max(...all.map(({ norm }) => norm), 1e-12);
  const list = h("ol", { class: "links" }, all.slice(0, FIRST).map((link) => item(link, layers, most)));
  const more = all.length > FIRST ? h("button", { type: "button", onclick: () => {
    list.append(...all.slice(FIRST).map((link) => item(link, layers, most)));
    more?.remove();
    /** @type {HTMLElement | null} */ (list.children[FIRST]?.querySelector("a"))?.focus();
  } }, `Show all ${all.length}`) : null;
  return h("section", {}, h("h2", {}, title), list, more, h("p", { class: "note" }, assumed ? told(all, assumed) : `${counted(all.length, "unit")}, by the strength of the kernel to them.`));
}

/** @param {Link[]} all @param {string[]} assumed */
function told(all, assumed) {
  const tested = all.filter(({ ablation }) => typeof ablation === "number");
  const words = ["Ranked by the effective kernel between them, normalisation folded in. Red weighs towards, blue against; what one adds is its mean over the samples.", ...assumed];
  if (!tested.length) return words.join(" ");
  const top = tested.reduce((best, link) => (Math.abs(Number(link.ablation)) > Math.abs(Number(best.ablation)) ? link : best));
  const many = tested.length > 1 ? `The strongest ${tested.length} were silenced, one at a time, on its own exemplars: ` : "The strongest was silenced on its own exemplars: ";
  const most = Math.abs(Number(top.ablation)) < NOTICED ? "it notices none of them." : `${top.layer} · ${top.unit} matters most, its response changes by ${signed(Number(top.ablation))}.`;
  return [...words, many + most].join(" ");
}

/** @param {Link} link @param {Map<string, FeatureLayer>} layers @param {number} most */
function item({ layer, unit, norm, contribution, ablation, kernel }, layers, most) {
  const found = layers.get(layer);
  const known = found?.data && (found.listed?.includes(unit) ?? true);
  const name = layer === "input" ? `input channel ${unit}` : `${layer} · ${unit}`;
  const picture = found?.data ? face(found, unit) : null;
  const facts = [
    `strength ${response(norm)}`,
    typeof contribution === "number" ? `adds ${response(contribution)}` : null,
    typeof ablation === "number" ? `${signed(ablation)} if silenced` : null,
  ].filter(Boolean);
  const inside = [
    h("span", { class: "pair" }, picture, kernel ? small(kernel) : null),
    h("b", {}, name),
    h("span", { class: "strength", "aria-hidden": "true" }, h("span", { style: `inline-size: ${(100 * norm) / most}%` })),
    facts.map((fact) => h("small", {}, fact)),
  ];
  return h("li", {}, known ? h("a", { href: href("layers", [layer, String(unit)]) }, inside) : h("span", {}, inside));
}

/** @param {import("./types.js").Kernel} kernel */
function small({ shape, values }) {
  return h("span", { class: "kernel", "aria-hidden": "true" }, drawn(Float32Array.from(values), 1, shape));
}

/** @param {number} change */
function signed(change) {
  if (Math.abs(change) < NOTICED) return "no change";
  return `${change < 0 ? "−" : "+"}${percent(Math.abs(change))}`;
}

/**
 * The kernel of a unit that reads the input itself.
 * @param {import("./types.js").Kernel | null | undefined} given
 * @param {Link[] | undefined} inputs
 */
export function own(given, inputs) {
  const kernel = given ?? fromInput(inputs ?? []);
  if (!kernel) return null;
  const [channels, ...shape] = kernel.shape;
  const picture = drawn(Float32Array.from(kernel.values), channels, shape);
  if (!picture) return null;
  const how = shape.length === 2 && channels === 3 ? "in the input’s colours; grey is zero" : shape.length === 1 ? "over time; the middle line is zero" : "blue where negative, red where positive";
  return h("section", {}, h("h2", {}, "Its own kernel"),
    h("figure", { class: "own" }, h("span", { class: "kernel", role: "img", "aria-label": "The weights of its kernel" }, picture),
      h("figcaption", {}, `${channels} × ${shape.join(" × ")} weights on the input itself, normalisation folded in, ${how}.`)));
}

/**
 * The links from the input's channels as one kernel; each is kept in shares of its own largest weight,
 * and its norm says how large that was.
 * @param {Link[]} inputs
 * @returns {import("./types.js").Kernel | null}
 */
function fromInput(inputs) {
  const sorted = inputs.filter(({ layer }) => layer === "input").sort((a, b) => a.unit - b.unit);
  const whole = sorted.length > 0 && sorted.every(({ unit, kernel }, i) => kernel && unit === i);
  const shape = sorted[0]?.kernel?.shape;
  if (!whole || !shape) return null;
  const values = sorted.flatMap(({ norm, kernel }) => {
    const scale = norm / Math.max(1e-12, Math.hypot(...(kernel?.values ?? [])));
    return (kernel?.values ?? []).map((weight) => scale * weight);
  });
  return { shape: [sorted.length, ...shape], values };
}
