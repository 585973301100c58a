/** Five claims that were decided beforehand, and what the runs say of them. */

import { chart } from "../base/chart.js";
import { h } from "../base/dom.js";
import { between, points } from "./words.js";

/** @typedef {import("./types.js").Study} Study */

/** @param {Study} study @param {number | undefined} height of the chart */
export function claims(study, height) {
  if (!study.claims.length) return null;
  const delta = 100 * study.protocol.settings.delta;
  return h("section", {},
    h("h2", {}, "Claims, decided beforehand"),
    h("p", { class: "prose" },
      "A claim was written down before anything was trained, with what would refute it. “Equal” means that the ",
      `interval lies inside ±${delta} points, which is more than finding no difference. `,
      study.claims.length > 1 ? `The ${study.claims.length} that these runs can decide are corrected together.` : "These runs can decide one of five."),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Claims and verdicts" },
      h("table", { class: "words claims" },
        h("thead", {}, h("tr", {},
          ["claim", "decided by", "points", "95 % interval", "p, corrected", "verdict"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, study.claims.flatMap(rows)))),
    height
      ? h("figure", {}, chart("learn-claims", height, "The differences that claims are about, with intervals; the numbers are in the table"),
          h("figcaption", {}, `Each difference is averaged over all training sizes. The shaded band is ±${delta} points: inside it, nets count as equal.`))
      : null,
    h("details", {}, h("summary", {}, "The same, size by size"), bySize(study)));
}

/** One row for each difference; what is said of the claim as a whole spans them. @param {import("./types.js").Claim} claim */
function rows({ id, statement, threshold, parts, p_holm, verdict }) {
  const all = { rowspan: parts.length };
  return parts.map((part, i) => h("tr", {},
    i ? null : h("th", { scope: "row", ...all }, h("b", {}, `${id} `), statement),
    h("td", {}, parts.length > 1 ? part.what : threshold, without(part.left_out)),
    h("td", { class: "number" }, points(part.estimate)),
    h("td", { class: "number" }, between(part.interval)),
    i ? null : h("td", { class: "number", ...all }, p_holm < 0.001 ? "< 0.001" : p_holm.toFixed(3)),
    i ? null : h("td", all, h("span", { class: "verdict", "data-word": verdict }, verdict))));
}

/** Sizes of the study that a difference is not about. @param {number[]} sizes */
function without(sizes) {
  return sizes.length ? h("span", { class: "note" }, ` (without n = ${sizes.map((n) => n.toLocaleString("en")).join(", ")}, where a net was left out)`) : null;
}

/** @param {Study} study */
function bySize(study) {
  const sizes = [...new Set(study.claims.flatMap(({ parts }) => parts.flatMap(({ by_size }) => by_size.map(({ n }) => n))))].sort((a, b) => a - b);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences by training size" },
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "difference, points"), sizes.map((n) => h("th", { scope: "col" }, `n = ${n.toLocaleString("en")}`)))),
      h("tbody", {}, study.claims.flatMap((claim) => claim.parts.map((part) => h("tr", {},
        h("th", { scope: "row" }, `${claim.id}: ${part.what}`),
        sizes.map((n) => {
          const row = part.by_size.find((one) => one.n === n);
          return h("td", {}, row ? `${points(row.estimate)} (${between(row.interval)})` : "–");
        })))))));
}
