/** `#/layers`: the network as a map; `#/layers/NAME`: one layer's facts beside it. */

import { chart } from "../base/chart.js";
import { fill, h } from "../base/dom.js";
import { read } from "../base/load.js";
import { counted, exact, shape } from "../base/numbers.js";
import { go, href } from "../base/route.js";
import { facts } from "./facts.js";
import { pictures } from "./filters.js";
import { around, openAtFirst, partsOf, rowsOf } from "./fold.js";
import { legend, map } from "./map.js";
import { units } from "./units.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("../types.js").Layer} Layer */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "The network, layer by layer";
  const has = (/** @type {string} */ name) => site.documents.includes(name);
  if (!has("network")) return { node: h("article", {}, h("h1", {}, title), h("p", { class: "lead" }, "This atlas does not describe its network.")), title, update: () => {} };
  const [network, sharing, receptive, filters, features] = await Promise.all([
    read("network"),
    has("sharing") ? read("sharing") : { layers: [] },
    has("receptive") ? read("receptive") : { layers: [] },
    site.filters ? read("filters") : null,
    has("features") ? read("features") : { layers: [] },
  ]);
  /** @type {Layer[]} */
  const layers = network.layers;
  const byName = (/** @type {{name: string}[]} */ rows) => new Map(rows.map((row) => [row.name, row]));
  const known = /** @type {import("./facts.js").Known} */ ({ site, layers, costs: byName(sharing.layers), fields: byName(receptive.layers), filters, features: byName(features.layers) });
  const parts = partsOf(layers);
  const usual = openAtFirst(parts);
  let toggled = new Set();
  let drawn = "";
  let inPanel = "";
  /** How units are shown: that stays from layer to layer. @type {Record<string, string | null>} */
  let kept = {};
  const shown = units(known);

  const chart = h("nav", { class: "network", "aria-label": "The network’s layers" });
  const panel = h("div", { class: "panel" });
  const node = h("article", { class: "layers" },
    h("h1", {}, title),
    h("p", { class: "lead" }, `${counted(layers.length, "layer")}, the input at the top. A block is as wide as it has channels and as high as its map has resolution. ${features.layers.length ? "A small bar shows what a layer’s units stand for. " : ""}Choose one to see what it does.`),
    h("div", { class: "columns" }, chart, panel));
  panel.addEventListener("keydown", (event) => step(/** @type {KeyboardEvent} */ (event)));

  /** @param {string} name */
  const select = (name) => href("layers", [name], { open: [...toggled].join(",") || null, ...kept });

  /** @param {string} path */
  function toggle(path) {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    const current = chart.querySelector("[aria-current]")?.getAttribute("data-layer");
    go(href("layers", current ? [current] : [], { open: [...next].join(",") || null }), { replace: true });
  }

  /** Draw the map anew, and leave the focus where it was. @param {Set<string>} open */
  function redraw(open) {
    const { stage, layer } = document.activeElement instanceof HTMLElement ? document.activeElement.dataset : {};
    const within = chart.contains(document.activeElement);
    fill(chart, map(site.network.input, layers, rowsOf(parts, open), { select, toggle, mixes: shown.bars }));
    if (!within || (!stage && !layer)) return;
    const again = stage ? `[data-stage="${CSS.escape(stage)}"]` : `[data-layer="${CSS.escape(layer ?? "")}"]`;
    /** @type {HTMLElement | null} */ (chart.querySelector(again))?.focus();
  }

  /** Left and right go to the layer before and after, as on any page of a book. @param {KeyboardEvent} event */
  function step(event) {
    const way = { ArrowLeft: "-1", ArrowRight: "1" }[event.key];
    if (!way || event.altKey || event.target instanceof HTMLInputElement) return;
    const link = panel.querySelector(`[data-step="${way}"]`);
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    go(/** @type {string} */ (link.getAttribute("href")));
    /** @type {HTMLElement | null} */ (panel.querySelector("h2"))?.focus({ preventScroll: true });
  }

  /** @param {import("../types.js").Route} route */
  function update({ path, query }) {
    const layer = layers.find(({ name }) => name === path[0]) ?? null;
    kept = { show: query.get("show"), sort: query.get("sort") };
    toggled = new Set((query.get("open") ?? "").split(",").filter(Boolean));
    const open = new Set(usual);
    for (const stage of toggled) if (!open.delete(stage)) open.add(stage);
    for (const stage of layer ? around(parts, layer.name) : []) open.add(stage);
    const wanted = [...open].join();
    if (wanted !== drawn || !chart.firstChild) {
      redraw(open);
      drawn = wanted;
    }
    for (const link of chart.querySelectorAll("[data-layer]")) {
      const name = link.getAttribute("data-layer") ?? "";
      const here = name === layer?.name;
      link.setAttribute("href", select(name));
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      if (here) link.scrollIntoView({ block: "nearest" });
    }
    const panelled = `${path[0]} ${[...toggled]}`;
    if (panelled !== inPanel) fill(panel, ...(layer ? facts(layer, known, select, shown.part(layer)) : overview(path[0], known)));
    inPanel = panelled;
    for (const link of panel.querySelectorAll("[data-step]")) link.setAttribute("href", select(link.getAttribute("title") ?? ""));
    return layer ? shown.update(layer, query) : undefined;
  }

  return { node, title, update };
}

/** @param {string | undefined} name @param {import("./facts.js").Known} known */
function overview(name, { site, layers, filters }) {
  /** @type {Map<string, number>} */
  const kinds = new Map();
  for (const { kind } of layers) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [
    name ? h("p", { role: "alert" }, `This network has no layer ${name}.`) : null,
    h("h2", {}, site.network.name),
    h("dl", { class: "facts" },
      h("dt", {}, "input"), h("dd", {}, shape(site.network.input)),
      h("dt", {}, "parameters"), h("dd", {}, exact(site.network.parameters)),
      h("dt", {}, "layers"), h("dd", {}, [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", "))),
    h("h3", {}, "Colours"),
    h("ul", { class: "legend" }, legend(layers).map(([hue, text]) => h("li", {}, h("span", { class: "swatch", style: `--hue: var(${hue})` }), text))),
    site.charts.features ? h("section", {}, h("h3", {}, "What units stand for, by depth"),
      h("figure", {}, chart("features", site.charts.features, "Share of each layer’s units on each rung of the ladder; a layer’s own page has the numbers"),
        h("figcaption", {}, "The ladder of complexity: edges and colours first, wholes last. A unit whose label is no better than chance is unknown."))) : null,
    site.charts["features-labels"] ? h("section", {}, h("h3", {}, "Which labels they carry"),
      h("figure", {}, chart("features-labels", site.charts["features-labels"], "Share of each layer’s units that carry each label; a layer’s own page has the numbers"),
        h("figcaption", {}, "A row stands where its units do: what the first layers find is above, what the last find below."))) : null,
    filters ? h("section", {}, h("h3", {}, `The first filters: ${filters.layer}`), pictures(filters)) : null,
  ];
}
