/** The network's own layers: what each would cost without its two priors. */

import { chart } from "../base/chart.js";
import { h } from "../base/dom.js";
import { counted, exact, short, times } from "../base/numbers.js";
import { href } from "../base/route.js";

/** @typedef {import("../types.js").LayerCost} LayerCost */

const COLUMNS = ["layer", "weights", "not shared", "dense", "locality", "groups", "sharing", "multiply-adds"];

/**
 * @param {import("../types.js").Site} site
 * @param {import("../types.js").SharingDocument} document
 * @param {Map<string, unknown>} presets layers that the controls can take over
 */
export function layers(site, { layers: rows, totals }, presets) {
  const weighted = rows.filter((row) => row.weights > 0);
  const others = weighted.filter((row) => row.kind !== "conv" && row.kind !== "linear");
  return h("section", {},
    h("h2", {}, "This network, layer by layer"),
    h("p", { class: "prose" },
      summary(totals),
      totals.status === "complete" ? null : "Some operations are unknown, so these totals are partial."),
    site.charts.sharing
      ? h("figure", {}, chart("sharing", site.charts.sharing, "Weights of each layer, and what sharing, groups and locality save; the table below has the numbers"))
      : null,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Weights by layer" },
      h("table", {},
        h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, weighted.filter((row) => !others.includes(row)).map((row) => line(row, presets.has(row.name)))),
        h("tfoot", {}, h("tr", {},
          h("th", { scope: "row" }, "all layers"),
          [totals.weights, totals.local_weights, totals.dense_weights].map((value) => h("td", { title: exact(value) }, short(value))),
          h("td", {}), h("td", {}), h("td", {}),
          h("td", { title: exact(totals.macs) }, short(totals.macs)))))),
    h("p", { class: "note" },
      others.length ? `${counted(others.length, "further layer")} (${[...new Set(others.map((row) => row.kind))].join(", ")}) have weights that no prior saves; they are in the last row. ` : null,
      "Taps on padding are counted, as is usual; multiply-adds of a dense or unshared layer equal its weights."));
}

/** @param {import("../types.js").SharingTotals} totals */
function summary({ by_kind: { conv } }) {
  if (!conv) return "It has no convolution, so there is nothing to share. ";
  return (
    `The ${exact(conv.weights)} weights of its ${counted(conv.layers, "convolution")} would be ${short(conv.local_weights)} if nothing ` +
    `were shared, and ${short(conv.dense_weights)} if every layer were dense as well: ${times(conv.local_weights / conv.weights)} by ` +
    `sharing, ${times(conv.dense_weights / conv.local_weights)} by locality and groups. `
  );
}

/** @param {LayerCost} row @param {boolean} open whether the controls can take it over */
function line(row, open) {
  return h("tr", {},
    h("th", { scope: "row" },
      h("a", { href: href("layers", [row.name]) }, row.name), " ",
      open ? h("a", { class: "take", href: href("sharing", [], { from: row.name, compare: "outputs" }), "aria-label": `compute ${row.name} above` }, "↑") : null),
    [row.weights, row.local_weights, row.dense_weights].map((value) => h("td", { title: exact(value) }, short(value))),
    [row.locality_factor, row.grouping_factor, row.sharing_factor].map((value) => h("td", {}, value === null ? "–" : times(value))),
    h("td", { title: exact(row.macs) }, short(row.macs)));
}
