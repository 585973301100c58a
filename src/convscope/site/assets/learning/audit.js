/** What the data say before any training: locality, stationarity and position, axis by axis. */

import { chart } from "../base/chart.js";
import { coded, h } from "../base/dom.js";

/** @typedef {import("./types.js").Audit} Audit */
/** @typedef {import("./types.js").Axis} Axis */

/** @param {Audit} audit @param {number | undefined} height of the chart @param {string | null} agreement */
export function data(audit, height, agreement) {
  return h("section", {},
    h("h2", {}, "Before any training: do the data fit?"),
    h("p", { class: "prose" },
      "Sharing and locality pay where near things belong together and one detector is worth the same everywhere. Both ",
      `can be measured on the data alone (${audit.data.spec}, ${audit.data.used.toLocaleString("en")} samples): `,
      h("b", {}, `the assumptions ${said(audit.verdict)}`), ".", agreement ? ` ${agreement}` : null),
    h("div", { class: "sides" }, audit.axes.map(one)),
    h("ul", { class: "advice" }, audit.advice.map((text) => h("li", {}, coded(text)))),
    height
      ? h("figure", {}, chart("prior", height, "How correlation falls with distance along each axis"),
          h("figcaption", {}, "How strongly two places go together, beyond places more than half the axis apart. Below the dashed line it is as after a permutation."))
      : null);
}

/** @param {string} verdict */
function said(verdict) {
  return { fits: "fit", "fits in part": "fit in part", "does not fit": "do not fit" }[verdict] ?? "may or may not fit; these samples do not decide it";
}

/** @param {Axis} axis */
function one(axis) {
  const { locality, stationarity, place } = axis;
  return h("section", { class: "axis" },
    h("h3", {}, `${axis.axis}, ${axis.size.toLocaleString("en")} places`),
    locality ? meter("Neighbours belong together", locality.score, locality.interval, locality.null99) : null,
    stationarity && stationarity.score !== null && stationarity.interval
      ? meter("Places are alike", stationarity.score, stationarity.interval, stationarity.null99)
      : h("p", { class: "note" }, "Whether places are alike is not known: there is too little local structure to compare."),
    place && place.share !== null && place.interval ? meter("Labels are position", place.share, place.interval, null) : null,
    h("p", { class: "note" }, `Share weights along it: ${axis.share}.${axis.positioned === "yes" ? " Keep the position." : ""}`));
}

/**
 * A share with its interval, and what chance gives.
 * @param {string} name
 * @param {number} value
 * @param {[number, number]} interval
 * @param {number | null} chance
 */
function meter(name, value, interval, chance) {
  const [low, high] = interval.map((end) => Math.min(1, Math.max(0, end)));
  return h("div", { class: "gauge" },
    h("span", {}, name), h("b", {}, value.toFixed(2)),
    h("span", { class: "rail", "aria-hidden": "true" },
      h("span", { class: "level", style: `width: ${100 * Math.min(1, Math.max(0, value))}%` }),
      h("span", { class: "ends", style: `left: ${100 * low}%; width: ${100 * (high - low)}%` }),
      chance === null ? null : h("span", { class: "chance", style: `left: ${100 * Math.min(1, Math.max(0, chance))}%` })),
    h("span", { class: "note" },
      `${interval.map((end) => end.toFixed(2)).join(" to ")}${chance === null ? "" : `; by chance below ${Math.max(0, chance).toFixed(2)}`}`));
}
