/** `#/learning`: twins with and without the priors learn from growing training sets. */

import { chart } from "../base/chart.js";
import { h } from "../base/dom.js";
import { read } from "../base/load.js";
import { go, href } from "../base/route.js";
import { data } from "./audit.js";
import { claims } from "./claims.js";
import { details } from "./details.js";
import { filters } from "./timeline.js";
import { ends, factor, hue, named, percent } from "./words.js";
import { worth } from "./worth.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("./types.js").Study} Study */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "Learn from less";
  const has = (/** @type {string} */ name) => site.documents.includes(name);
  /** @type {[Study | null, import("./types.js").Audit | null, import("./types.js").Timeline | null]} */
  const [study, audit, own] = await Promise.all([
    has("learn") ? read("learn") : null,
    has("prior") ? read("prior") : null,
    site.timeline ? read("timeline") : null,
  ]);
  const past = own ?? study?.timeline ?? null;
  /** @type {{at: string | null, moment: string | null}} */
  let state = { at: null, moment: null };
  const shown = past && filters(past, site.charts.past, (moment) => move({ moment: String(moment) }));
  const scale = study && worth(study, (at) => move({ at }));
  const node = h("article", { class: "learning" },
    h("h1", {}, title),
    study ? lead(study) : missing(),
    study ? curves(study, site) : null,
    study ? claims(study, site.charts["learn-claims"]) : null,
    scale?.node,
    audit ? data(audit, site.charts.prior, study?.agreement ?? null) : null,
    shown?.node,
    study ? details(study) : null);

  /** @param {Partial<typeof state>} change */
  function move(change) {
    go(href("learning", [], { ...state, ...change }), { replace: true });
  }

  return {
    node,
    title,
    update({ query }) {
      state = { at: query.get("at"), moment: query.get("moment") };
      scale?.update(state.at === null ? Number.NaN : Number(state.at));
      shown?.update(state.moment === null ? Number.NaN : Number(state.moment));
    },
  };
}

/** @param {Study} study */
function lead(study) {
  const found = study.data_equivalence;
  const about = `Networks of one geometry, with and without the priors of convolution, learn ${study.task.name} from growing training sets.`;
  if (!found) return h("p", { class: "lead" }, about);
  return [
    h("p", { class: "lead" }, about),
    h("p", { class: "headline" },
      h("b", {}, factor(found)),
      h("span", {}, `as many samples does the ${found.than} net need as ${found.net} for ${percent(found.at_accuracy)} accuracy `,
        h("span", { class: "note" }, `(95 % interval ${ends(found.interval)})`),
        found.elsewhere.length ? `; ${found.elsewhere.map((one) => `${factor(one)} for ${percent(one.at_accuracy)}`).join(" and ")}.` : null)),
  ];
}

/** @param {Study} study @param {Site} site */
function curves(study, site) {
  const conditions = [...new Set(study.curves.map(({ condition }) => condition))];
  const what = {
    intact: "The data as they are.",
    permuted: "The same numbers in another order, the same for all samples: neighbours are strangers.",
    shifted: "Trained on the data as they are, tested on samples that moved; what leaves at one end enters at the other.",
    "block-permuted": "Blocks change places; inside them all is as it was.",
  };
  return h("section", {},
    h("h2", {}, "Learning curves"),
    h("ul", { class: "key", "aria-label": "Nets" }, Object.keys(study.nets).map((net) =>
      h("li", {}, h("span", { class: "swatch", style: hue(net) }), net))),
    h("div", { class: "conditions" }, conditions.map((condition, i) =>
      h("figure", {},
        h("h3", {}, named(condition)),
        chart(`learn-${i}`, (site.charts[`learn-${i}`] ?? 350) - 44, `Accuracy by training size, ${named(condition)}; the numbers are in the table below`),
        h("figcaption", {}, what[/** @type {keyof what} */ (condition.split(":")[0])])))),
    h("p", { class: "note" }, "Means over seeds; bands are 95 % intervals over seeds and test samples. All axes are the same."));
}

function missing() {
  return h("p", { class: "lead" }, "Nothing was trained here. ", h("code", {}, "convscope learn --data DATA -o ATLAS"),
    " trains networks with and without the priors, judges five claims, and fills this page; ", h("code", {}, "--quick"), " takes minutes.");
}
