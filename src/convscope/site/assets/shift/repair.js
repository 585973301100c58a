/** Before and after a repair, where one was kept in the atlas. */

import { h } from "../base/dom.js";
import { short } from "../base/numbers.js";
import { error, share, value } from "./words.js";

/** @typedef {import("./types.js").ShiftDocument} ShiftDocument */

/** @typedef {{what: string, before: number | null, after: number | null, interval: [number, number] | null, verdict: string | null}} Change */

/** @type {Record<string, [string, (value: number) => string]>} */
const NAMES = {
  consistency: ["same class at two offsets", share],
  flip_1px: ["class changed by one position", share],
  accuracy: ["right, over all offsets", share],
  worst_case_accuracy: ["right at every offset looked at", share],
  fidelity: ["right at both of two offsets", share],
  wobble: ["largest less smallest probability", value],
  invariance: ["change of the answers", value],
};

/** @param {any} repair @param {import("../types.js").Site} site */
export function mended(repair, site) {
  const title = h("h2", {}, "Before and after a repair");
  if (!repair) {
    return h("section", {}, title, h("p", { class: "prose" }, "No repair is in this atlas. ",
      h("code", {}, `convscope repair ${site.network.spec} --data DATA -o repaired.pt2 --atlas ATLAS`),
      " makes one, measures it in the same way, and adds it here."));
  }
  /** @type {{changes: {layer: string, what: string}[], comparison: {answers: Record<string, Change[]>, causes: Change[]}, macs: any, finetuning: any}} */
  const { changes, comparison, macs, finetuning } = repair;
  const what = [...new Set(changes.map(({ what }) => what))];
  return h("section", { class: "repaired" }, title,
    h("p", { class: "prose" }, `${what.slice(0, 4).join("; ")}${what.length > 4 ? "; …" : ""}. `,
      finetuning ? `Then trained on for a little: ${finetuning.summary ?? ""} ` : "Not trained after it: what a repair does to weights that know nothing of it. ",
      macs?.before && macs?.after ? `It costs ${short(macs.after)} multiply-adds instead of ${short(macs.before)}.` : ""),
    Object.entries(comparison.answers).map(([way, rows]) => h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Answers ${way}` },
      h("table", {},
        h("thead", {}, h("tr", {}, h("th", {}, way), ["before", "after", "change"].map((name) => h("th", { scope: "col" }, name)), h("td"))),
        h("tbody", {}, rows.filter((row) => row.what in NAMES && row.before !== null && row.after !== null).map(line))))),
    h("p", { class: "note" }, "Changes with their 95 % interval over the same samples. No gain is claimed inside the interval."),
    comparison.causes.length
      ? h("p", { class: "note" }, "By cause: ", comparison.causes.map(({ what, before, after }) => `${what} ${error(before)} → ${error(after)}`).join(", "), ".")
      : null);
}

/** @param {Change} row */
function line({ what, before, after, interval, verdict }) {
  const [name, form] = NAMES[what];
  const signed = (/** @type {number} */ one) => `${one > 0 ? "+" : ""}${form(one)}`.replace("-", "−");
  return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, form(Number(before))), h("td", {}, form(Number(after))),
    h("td", {}, signed(Number(after) - Number(before)), interval ? h("small", {}, ` (${signed(interval[0])} to ${signed(interval[1])})`) : null),
    h("td", {}, verdict ? h("span", { class: "verdict", "data-word": { better: "supported", worse: "not supported" }[verdict] ?? "undecided" }, verdict) : null));
}
