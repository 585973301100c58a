/** `#/about`: what was measured, on what, how, with which versions and floors; tables; how to cite. */

import { h } from "../base/dom.js";
import { counted, exact, shape } from "../base/numbers.js";

/** @typedef {import("../types.js").Site} Site */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "What was measured, and how";
  const node = h(
    "article",
    {},
    h("h1", {}, title),
    h("p", { class: "lead" },
      "Every number on these pages comes from the files listed here. They can be read without convscope: ",
      "tables are Parquet, documents JSON, pictures WebP."),
    network(site),
    data(site),
    protocols(site),
    versions(site),
    h("section", {},
      h("h2", {}, "How to read a verdict"),
      h("p", { class: "prose" },
        "Each verdict has a threshold, fixed before anything was measured, and a floor: the value that the same ",
        "code gives where the true answer is known to be zero. Where a number was sampled it carries a 95 % ",
        "interval, and an interval that straddles the threshold is undecided. A null result is a result.")),
    cite(site),
  );
  return { node, title, update: () => {} };
}

/** @param {Site} site */
function network({ network: facts }) {
  return h("section", {},
    h("h2", {}, "The network"),
    list([
      ["spec", h("code", {}, facts.spec)],
      ["fingerprint", h("code", {}, facts.fingerprint)],
      ["input", shape(facts.input)],
      ["mean, deviation", facts.mean && facts.std ? `${facts.mean.join(", ")}; ${facts.std.join(", ")}` : null],
      ["parameters", facts.parameters === undefined ? null : exact(facts.parameters)],
      ["number type", facts.dtype],
      ["classes", facts.classes ? exact(facts.classes.length) : null],
      ["notes", facts.notes?.length ? facts.notes.join(" ") : null],
    ]));
}

/** @param {Site} site */
function data({ data: facts }) {
  if (!facts) {
    return h("section", {}, h("h2", {}, "The data"),
      h("p", {}, "None were given: what is shown follows from the network’s structure alone."));
  }
  const skipped = facts.skipped_count ?? facts.skipped?.length ?? 0;
  return h("section", {},
    h("h2", {}, "The data"),
    list([
      ["spec", h("code", {}, facts.spec)],
      ["fingerprint", h("code", {}, facts.fingerprint)],
      ["samples", `${exact(facts.count)}, ${facts.kind}${facts.shape ? ` of ${shape(facts.shape)}` : "s of several sizes"}`],
      ["classes", facts.classes ? facts.classes.join(", ") : null],
      ["skipped", skipped ? counted(skipped, "file") : "none"],
    ]),
    skipped
      ? h("details", {}, h("summary", {}, "Which, and why"),
          h("ul", { class: "note" }, (facts.skipped ?? []).map(([name, why]) => h("li", {}, h("code", {}, name), ` ${why}`)),
            skipped > (facts.skipped ?? []).length ? h("li", {}, `and ${exact(skipped - (facts.skipped ?? []).length)} more`) : null))
      : null);
}

/** @param {Site} site */
function protocols({ entries, left }) {
  return h("section", {},
    h("h2", {}, "The measurements"),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Measurements and protocols" },
      h("table", { class: "words" },
        h("thead", {}, h("tr", {},
          ["what", "protocol", "arithmetic", "seed", "samples", "floor", "download"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, entries.map((entry) => h("tr", {},
          h("th", { scope: "row" }, entry.name),
          h("td", {}, entry.protocol.id ? h("code", {}, entry.protocol.id) : "read, not measured"),
          [entry.protocol.dtype, entry.protocol.seed, entry.protocol.samples, entry.protocol.floor].map((value) =>
            h("td", {}, value === null || value === undefined ? "–" : String(value))),
          h("td", {},
            entry.table ? [h("a", { href: entry.table, download: true }, "table"), " · "] : null,
            h("a", { href: entry.document, download: true }, "document"))))))),
    Object.keys(left).length
      ? h("ul", { class: "note" }, Object.entries(left).map(([idea, why]) => h("li", {}, `${idea} was left out: ${why}`)))
      : null);
}

/** @param {Site} site */
function versions(site) {
  const packages = Object.entries(site.network.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  return h("section", {},
    h("h2", {}, "Made with"),
    list([
      ["convscope", site.measured_with],
      ["other versions", packages.join(", ")],
      ["device", site.network.device],
      ["begun", site.created],
      ["command", site.network.command ? h("code", {}, site.network.command) : null],
    ]));
}

/** @param {Site} site */
function cite(site) {
  const year = site.created.slice(0, 4);
  const entry = `@software{convscope,
  title   = {convscope: a microscope and test bench for convolutional networks},
  author  = {{The convscope authors}},
  version = {${site.measured_with}},
  year    = {${year}},
  note    = {${site.network.spec}, fingerprint ${site.network.fingerprint.slice(0, 12)}}
}`;
  return h("section", {},
    h("h2", {}, "How to cite"),
    h("pre", { class: "scroll", tabindex: 0, role: "region", "aria-label": "BibTeX entry" }, h("code", {}, entry)));
}

/** @param {[string, import("../base/dom.js").Child][]} rows */
function list(rows) {
  return h("dl", { class: "facts" },
    rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
