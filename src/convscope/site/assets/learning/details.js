/** How fast, how much is lost from training to test, which law the curves follow, and how it was trained. */

import { h } from "../base/dom.js";
import { counted } from "../base/numbers.js";
import { named, percent, points } from "./words.js";

/** @typedef {import("./types.js").Study} Study */

/** @param {Study} study */
export function details(study) {
  const { settings } = study.protocol;
  return h("section", {},
    h("h2", {}, "How it was trained"),
    h("p", { class: "prose" },
      `${counted(study.run_count, "run")}: ${counted(Object.keys(study.nets).length, "net")} of one geometry, ${counted(settings.sizes.length, "training size")}, `,
      `${counted(settings.seeds.length, "seed")}; ${settings.steps.toLocaleString("en")} steps each, tested on ${settings.test.toLocaleString("en")} samples. `,
      "A seed gives all nets the same samples, order and permutation; the learning rate of each net and size was chosen on other samples and other seeds."),
    h("dl", { class: "facts" }, Object.entries(study.nets).map(([net, what]) => [h("dt", {}, net), h("dd", {}, what.replace(`${net}: `, ""))])),
    study.notes.length || study.refused.length
      ? h("ul", { class: "note" },
          study.notes.map((note) => h("li", {}, note)),
          study.refused.map(([net, n, condition]) => h("li", {},
            `${net}, ${n.toLocaleString("en")} samples, ${condition}: left out, as its best learning rate is at the end of all that are tried.`)))
      : null,
    Object.keys(study.costs).length ? h("details", {}, h("summary", {}, "Units, weights and work of each net"), sizes(study)) : null,
    h("details", {}, h("summary", {}, "Training accuracy, gap and speed"), speeds(study)),
    study.power_laws.length ? h("details", {}, h("summary", {}, "Power laws of the error"), laws(study)) : null);
}

/** @param {Study} study */
function sizes(study) {
  return table(["net", "units", "weights", "multiply-adds for one sample"],
    Object.entries(study.costs).map(([net, { units, parameters, macs }]) => [net, ...[units, parameters, macs].map((n) => n.toLocaleString("en"))]),
    "Units, weights and work");
}

/** @param {Study} study */
function speeds(study) {
  return table(["net", "condition", "n", "test", "training", "gap, points", `steps to ${percent(study.protocol.settings.threshold)}`],
    study.curves.map((row) => [
      row.net, named(row.condition), row.n.toLocaleString("en"), percent(row.mean), percent(row.train_mean), points(row.gap),
      row.steps_to_threshold === null ? `never (${Math.round(100 * row.reached)} % of seeds)` : row.steps_to_threshold.toLocaleString("en"),
    ]), "Training accuracy, gap and speed");
}

/** @param {Study} study */
function laws(study) {
  return [
    h("p", { class: "note" }, "error = α · n^−β + γ: the level, the pace, and what is left for ever."),
    table(["net", "condition", "α", "β", "95 % interval of β", "γ"],
      study.power_laws.map((law) => [
        law.net, named(law.condition), law.alpha.toFixed(2), `${law.beta.toFixed(2)}${law.at_edge ? " (not known)" : ""}`,
        law.beta_interval.map((end) => end.toFixed(2)).join(" to "), law.gamma.toFixed(2),
      ]), "Power laws"),
  ];
}

/** @param {string[]} head @param {string[][]} rows @param {string} label */
function table(head, rows, label) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", {},
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell)))))));
}
