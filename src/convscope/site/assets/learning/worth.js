/** What the priors are worth: choose an accuracy, and see how many samples each net needs for it. */

import { fill, h } from "../base/dom.js";
import { needed } from "./needed.js";
import { ends, factor, hue, percent } from "./words.js";

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Study} Study */

/** @param {Study} study @param {(at: string) => void} move */
export function worth(study, move) {
  const nets = Object.keys(study.nets);
  const curves = new Map(nets.map((net) => [net, curve(study, net)]));
  const known = [...curves].filter(([, points]) => points.length > 1);
  const means = known.flatMap(([, points]) => points.map(({ mean }) => mean));
  if (known.length < 2) return { node: null, update: () => {} };
  const [low, high] = [Math.ceil(100 * Math.min(...means)), Math.floor(100 * Math.max(...means))];
  const usual = 100 * (study.data_equivalence?.at_accuracy ?? (low + high) / 200);
  const slider = h("input", { type: "range", min: low, max: high, step: 1, "aria-label": "accuracy, in percent",
    oninput: () => move(slider.value) });
  const chosen = h("output");
  const rows = h("tbody");
  const node = h("section", { class: "worth" },
    h("h2", {}, "What the priors are worth"),
    h("p", { class: "prose" },
      "How many samples does each net need for the same accuracy? Move the line: the ratio is how many times more ",
      "data stand in for a prior."),
    h("label", { class: "dial" }, h("span", {}, "accuracy ", chosen), slider),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Samples needed" },
      h("table", {},
        h("thead", {}, h("tr", {}, ["net", "samples needed", "dense needs"].map((text) => h("th", { scope: "col" }, text)), h("td"))),
        rows)),
    measured(study));

  /** @param {number} percents */
  function update(percents) {
    const at = (Number.isFinite(percents) && percents >= low && percents <= high ? percents : Math.round(usual)) / 100;
    slider.value = String(Math.round(100 * at));
    slider.setAttribute("aria-valuetext", `${Math.round(100 * at)} percent`);
    chosen.textContent = `${Math.round(100 * at)} %`;
    const asked = known.map(([net, points]) => ({ net, ...needed(points, at) }));
    const most = Math.max(...asked.map(({ n }) => n));
    const least = Math.min(...known.flatMap(([, points]) => points.map(({ n }) => n))) / 2;
    const dense = asked.find(({ net }) => net === "dense");
    fill(rows, asked.map((row) => h("tr", {},
      h("th", { scope: "row" }, h("span", { class: "swatch", style: hue(row.net) }), row.net),
      h("td", {}, `${row.bound ? `${row.bound} ` : ""}${Math.round(row.n).toLocaleString("en")}`),
      h("td", {}, ratio(row, dense)),
      h("td", { class: "length" }, h("span", { style: `${hue(row.net)}; width: ${share(row.n, least, most)}%` })))));
  }
  return { node, update };
}

/** @param {{n: number, bound: string, net: string}} row @param {{n: number, bound: string} | undefined} dense */
function ratio(row, dense) {
  if (!dense || row.net === "dense") return "–";
  if ((row.bound === ">" && dense.bound === ">") || (row.bound === "≤" && dense.bound === "≤")) return "not known here";
  const censored = row.bound === "≤" || dense.bound === ">" ? ">=" : row.bound || dense.bound ? "<=" : null;
  return factor({ factor: dense.n / row.n, censored });
}

/** A length on the logarithm of n. @param {number} n @param {number} least @param {number} most */
function share(n, least, most) {
  return (100 * Math.log(n / least)) / Math.log(most / least);
}

/** @param {Study} study @param {string} net */
function curve(study, net) {
  return study.curves.filter((point) => point.net === net && point.condition === "intact").sort((a, b) => a.n - b.n);
}

/** The factors that were judged, with their intervals. @param {Study} study */
function measured(study) {
  const rows = study.equivalences.filter(({ condition }) => condition === "intact");
  if (!rows.length) return null;
  return h("p", { class: "note" },
    "The ratios above follow from the mean curves. With their 95 % intervals, at the middle, a quarter and three quarters of the accuracies that both nets pass through: ",
    rows.map((row, i) => [
      i ? "; " : null, `${row.than} beside ${row.net}: `,
      [row, ...row.elsewhere].sort((a, b) => a.at_accuracy - b.at_accuracy)
        .map((one) => `${factor(one)} for ${percent(one.at_accuracy)} (${ends(one.interval)})`).join(", "),
    ]), ".");
}
