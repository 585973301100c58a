/** `#/sharing`: the same image and the same job, dense against convolution, and what each prior saves. */

import { fill, h } from "../base/dom.js";
import { read } from "../base/load.js";
import { go, href } from "../base/route.js";
import { bars } from "./bars.js";
import { controls } from "./controls.js";
import { count, fault } from "./count.js";
import { equation, forms, statement } from "./findings.js";
import { layers } from "./network.js";
import { decode, described, encode } from "./state.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("./count.js").Described} Described */
/** @typedef {import("./state.js").Comparison} Comparison */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "Same image, same job, far fewer weights";
  /** @type {import("../types.js").SharingDocument | null} */
  const sharing = site.documents.includes("sharing") ? await read("sharing") : null;
  const presets = presetsOf(sharing?.layers ?? []);
  const panel = controls([...presets.keys()], change);
  const drawing = bars();
  const said = h("div", { class: "sum", "aria-live": "polite" });
  const factors = h("div", { class: "equation" });
  const table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Weights, memory and arithmetic" });
  const node = h(
    "article",
    { class: "sharing" },
    h("h1", {}, title),
    h("p", { class: "lead" },
      "A dense layer gives every pixel its own weight to every neuron. A convolution looks at a small patch, ",
      "and uses the same few weights everywhere. Change the numbers and watch what each of the two ideas saves."),
    panel.node,
    drawing.node,
    said,
    h("h2", {}, "Which idea saves what"),
    factors,
    table,
    h("p", { class: "prose" },
      "Looking at a patch saves memory and arithmetic. Sharing saves memory only: the convolution still computes as ",
      "many products as its unshared twin, one patch at a time. Sharing is only right where images are stationary: ",
      "a vertical edge at the top left is the same thing at the bottom right."),
    sharing ? layers(site, sharing, presets) : missing(site),
  );

  /** @param {Described} layer @param {Comparison} comparison @param {string} from */
  function change(layer, comparison, from) {
    const start = from ? presets.get(from) : null;
    const query = start ? { from } : encode(layer);
    go(href("sharing", [], { ...query, compare: comparison === "lesson" ? null : comparison }), { replace: true });
  }

  /** @param {import("../types.js").Route} route */
  function update({ query }) {
    const from = query.get("from") ?? "";
    const layer = presets.get(from) ?? decode(query);
    const comparison = query.get("compare") === "outputs" ? "outputs" : "lesson";
    const wrong = fault(layer);
    panel.update(layer, comparison, presets.has(from) ? from : "", wrong);
    if (wrong) return;
    const found = count(layer);
    drawing.update(found, comparison);
    fill(said, ...statement(layer, found, comparison));
    fill(factors, ...equation(layer, found, comparison));
    fill(table, forms(found, comparison, site.network.dtype ?? "float32"));
  }

  return { node, title, update };
}

/** @param {import("../types.js").LayerCost[]} rows @returns {Map<string, Described>} */
function presetsOf(rows) {
  const found = rows.map((row) => /** @type {const} */ ([row.name, described(row)]));
  return new Map(/** @type {[string, Described][]} */ (found.filter(([, layer]) => layer)));
}

/** @param {Site} site */
function missing(site) {
  return h("p", { class: "note" }, "The network’s own layers were not counted. ",
    h("code", {}, `convscope sharing ${site.network.spec}`), " counts them.");
}
