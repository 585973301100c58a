/** `#/layers/NAME/UNIT`: everything that was found of one unit. */

import { command } from "../base/command.js";
import { fill, h, say } from "../base/dom.js";
import { read } from "../base/load.js";
import { across, once } from "../base/numbers.js";
import { go, href } from "../base/route.js";
import { changed, chosen } from "./choose.js";
import { firing } from "./firing.js";
import { visited } from "./grid.js";
import { evidence, sentence } from "./heading.js";
import { links, own } from "./links.js";
import { range } from "./range.js";
import { detailOf, samples, unitsOf } from "./read.js";
import { synthesis } from "./synthesis.js";
import { face } from "./tile.js";
import { tuned } from "./tuning.js";
import { parameter, percent } from "./words.js";

/** @typedef {import("./types.js").FeatureLayer} FeatureLayer */
/** @typedef {import("../types.js").Site} Site */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const node = h("article", { class: "unit" });
  if (!site.documents.includes("features")) return { node: missing(site), title: "One unit", update: () => {} };
  /** @type {[import("./types.js").FeaturesDocument, import("../types.js").ReceptiveDocument]} */
  const [features, receptive] = await Promise.all([
    read("features"),
    site.documents.includes("receptive") ? read("receptive") : { layers: [] },
  ]);
  const layers = new Map(features.layers.map((layer) => [layer.name, layer]));
  const fields = new Map(receptive.layers.map((field) => [field.name, field]));
  const space = site.network.input.slice(1);
  /** @type {ReturnType<typeof firing> | null} */
  let scene = null;
  let shown = "";
  let asked = "";
  let beside = false; // whether the next unit is a neighbour of this one
  /** @type {(address: string | null) => void} */
  let leave = () => {};
  const page = { node, title: "One unit", update };
  addEventListener("keydown", (event) => node.isConnected && step(event));

  /** Left and right go to the unit before and after, Escape and up back to the grid. @param {KeyboardEvent} event */
  function step(event) {
    const inside = event.target instanceof HTMLElement && event.target.closest("input, select, audio");
    if (inside || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const place = { ArrowLeft: "before", ArrowRight: "after", Escape: "all", ArrowUp: "all" }[event.key];
    if (event.key === "ArrowUp" && scrollY > 0) return; // there is page left to scroll
    const link = place && node.querySelector(`[data-to="${place}"]`);
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    link.click();
  }

  /** @param {import("../types.js").Route} route */
  async function update({ path: [name, number], query }) {
    const layer = layers.get(name);
    const unit = Number(number);
    page.title = `${name}, unit ${number}`;
    asked = `${name}/${number}`;
    if (!layer?.data) return lost(`No unit of ${name} was looked at here.`);
    const [found, all] = await Promise.all([unitsOf(layer), samples()]);
    const row = found.columns.unit.indexOf(unit);
    if (row < 0) return lost(`${name} has no unit ${number} that was looked at.`);
    const detail = await detailOf(layer, found, row);
    if (asked !== `${name}/${number}`) return; // another was asked for meanwhile
    Object.assign(visited, { layer: name, unit });
    const rest = changed(query, { see: null, map: null });
    const state = `${asked} ${Object.values(rest)}`;
    if (state !== shown) {
      const held = node.contains(document.activeElement) ? document.activeElement?.getAttribute("data-to") : null;
      draw(layer, found, detail, row, all, rest);
      if (shown) moved(held);
      shown = state;
    }
    leave = (address) => address && go(address, { replace: true });
    scene?.update(query, detail.exemplars?.length ? "e1" : "d10");
  }

  /** Neighbours are compared where one stands; anything else is read from its top. @param {string | null | undefined} held */
  function moved(held) {
    if (!beside) scrollTo(0, 0);
    beside = false;
    const next = (held && node.querySelector(`[data-to="${held}"]`)) || node.querySelector("h1");
    /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
    say(`${page.title}: ${node.querySelector("h1")?.textContent}`);
  }

  /** @param {string} why */
  function lost(why) {
    shown = "";
    fill(node, h("h1", {}, "No such unit"), h("p", { class: "lead" }, `${why} `, h("a", { href: href("layers") }, "See the layers"), "."));
  }

  /**
   * @param {FeatureLayer} layer
   * @param {import("./types.js").LayerUnits} found
   * @param {import("./types.js").UnitDetail} unit
   * @param {number} row
   * @param {Record<string, import("./types.js").Shown>} all
   * @param {Record<string, string | null>} rest  of the query: the order and filter that led here
   */
  function draw(layer, found, unit, row, all, rest) {
    const field = fields.get(layer.name);
    const rate = site.data?.samples.find((one) => one.rate)?.rate;
    const timed = Object.fromEntries(Object.entries(all).map(([index, one]) => [index, { ...one, rate }]));
    const view = firing({ space, samples: timed, layer, stride: found.stride, field }, (key, overlay) =>
      leave(href("layers", [layer.name, String(unit.unit)], { ...rest, see: key && key !== "e1" ? key : null, map: overlay ? null : 0 })));
    scene = view;
    const { exemplars = [] } = unit;
    const group = typeof unit.group === "number" ? features.equivariant?.[unit.group] : null;
    fill(node,
      trail(layer, found, row, rest),
      h("h1", { tabindex: -1 }, sentence(unit, space.length)),
      ...evidence(unit, space.length),
      h("div", { class: "beside" },
        h("div", { class: "stands" },
          exemplars.length ? h("section", {}, h("h2", {}, "What excites it most"),
            h("div", { class: "shots nine" }, exemplars.map((one, i) => view.thumb(`e${i + 1}`, one, `exemplar ${i + 1}`))),
            h("p", { class: "note" }, `${space.length === 3 ? "The middle slice of" : "Cropped to"} what the unit sees there; point at one for the whole sample. `, trusted(unit.trust))) : null,
          synthesis(unit.synthesis ?? [], layer, { row, unit: unit.unit, field: layer.field, rate }),
          range(unit, view.thumb)),
        exemplars.length || unit.deciles?.length ? view.node : null),
      own(unit.kernel, unit.inputs),
      tuned(unit.tuning, space.length),
      group ? family(group, layer) : null,
      links("Built from", unit.inputs, layers, found.assumed ?? []),
      links("Goes into", unit.outputs, layers));
  }

  /**
   * Where this is, and the ways on: in the order of the grid that led here.
   * @param {FeatureLayer} layer
   * @param {import("./types.js").LayerUnits} found
   * @param {number} row
   * @param {Record<string, string | null>} rest
   */
  function trail(layer, found, row, rest) {
    const rows = chosen(found.columns, new URLSearchParams(/** @type {Record<string, string>} */ (rest)));
    const order = rows.includes(row) ? rows : found.columns.unit.map((_, i) => i);
    const at = order.indexOf(row);
    const to = (/** @type {number | undefined} */ next, /** @type {string} */ word, /** @type {string} */ key) => {
      if (next === undefined) return h("span");
      const unit = String(found.columns.unit[next]);
      return h("a", { href: href("layers", [layer.name, unit], rest), "data-to": key, title: `unit ${unit} (arrow key)`, onclick: () => { beside = true; } }, word === "←" ? `← ${unit}` : `${unit} →`);
    };
    return h("nav", { class: "trail", "aria-label": "Neighbouring units" },
      h("span", {}, h("a", { href: href("layers", [layer.name], rest), "data-to": "all", title: "all its units (Escape)" }, layer.name), ` / unit ${found.columns.unit[row]}`,
        h("small", {}, layer.field.length ? ` sees ${across(layer.field)}${found.stride.some((step) => step > 0) ? `, stride ${once(found.stride)}` : ""}` : "")),
      h("span", { class: "ways" }, to(order[at - 1], "←", "before"), h("small", {}, `${at + 1} of ${order.length}`), to(order[at + 1], "→", "after")));
  }

  /** @param {import("./types.js").Family} group @param {FeatureLayer} layer */
  function family({ by, units, values, layer: name }, layer) {
    const of = layers.get(name) ?? layer;
    return h("section", {}, h("h2", {}, `One of ${units.length} that differ only in ${by}`),
      h("ol", { class: "links family" }, units.map((unit, i) => h("li", {}, h("a", { href: href("layers", [name, String(unit)]) },
        h("span", { class: "pair" }, face(of, unit)), h("b", {}, `unit ${unit}`), h("small", {}, parameter(by, values[i], space.length)))))));
  }

  return page;
}

/** @param {import("./types.js").UnitDetail["trust"]} trust */
function trusted(trust) {
  const [real, made] = [trust?.exemplars, trust?.synthesis];
  if (typeof real !== "number" && typeof made !== "number") return null;
  const told = [typeof real === "number" ? `${percent(real)} of the time from these` : "", typeof made === "number" ? `${percent(made)} from the synthesised` : ""].filter(Boolean).join(", ");
  return `Which of two other samples fires it more is told right ${told} (chance 50 %).`;
}

/** @param {Site} site */
function missing(site) {
  return h("article", {}, h("h1", {}, "One unit"), h("p", { class: "lead" }, "Units were not looked at here. ",
    command(site, `convscope features MODEL --data ${site.data?.spec ?? "DATA"}`), " looks at them."));
}
