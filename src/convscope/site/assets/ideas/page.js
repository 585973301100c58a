/** `#/`: the lesson's five ideas, each with what was measured on this network. */

import { h } from "../base/dom.js";
import { counted, exact, shape } from "../base/numbers.js";

/** @typedef {import("../types.js").Card} Card */
/** @typedef {import("../types.js").Site} Site */

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "Why this network works";
  const node = h(
    "article",
    { class: "ideas" },
    h("h1", {}, title),
    h("p", { class: "lead" }, lead(site)),
    h(
      "ol",
      { class: "cards" },
      site.cards.map((card, i) => h("li", { class: "card" }, ...parts(card, i + 1, site))),
    ),
    site.network.notes?.length
      ? h("section", {}, h("h2", {}, "Noted while reading the network"),
          h("ul", { class: "note" }, site.network.notes.map((note) => h("li", {}, note))))
      : null,
  );
  return { node, title, update: () => {} };
}

/** @param {Site} site */
function lead({ network, data, cards }) {
  const measured = cards.filter((card) => card.verdict || card.text).length;
  const on = data ? `, with data of ${counted(data.count, "sample")}` : "";
  return (
    `Five ideas make convolutional networks practical. ${number(measured)} of them ` +
    `${measured === 1 ? "is" : "are"} measured here, on ${network.name}${on}: ` +
    `${exact(network.parameters)} parameters reading an input of ${shape(network.input)}. ` +
    "The evidence is one click away."
  );
}

/** @param {Card} card @param {number} place @param {Site} site */
function parts(card, place, site) {
  const heading = h("h2", {}, h("span", { class: "place", "aria-hidden": "true" }, place), card.title);
  const sentence = h("p", { class: "idea" }, card.sentence);
  if (!card.verdict) return [heading, sentence, ...unmeasured(card, site)];
  return [
    heading,
    sentence,
    h("div", { class: "found" },
      h("p", {}, h("strong", {}, card.number), " ", h("span", {}, card.text)),
      card.chart ? h("figure", {}, drawn(card.chart, card.caption), h("figcaption", {}, ...key(card, site.network.input.length - 1))) : null,
    ),
    h("p", { class: "judged" },
      h("span", { class: "verdict", "data-word": card.verdict }, card.verdict),
      h("span", { class: "note" }, `Threshold: ${card.threshold}. Floor: ${card.floor}.`),
    ),
    card.page ? h("p", {}, h("a", { class: "evidence", href: card.page }, "See the evidence")) : null,
  ];
}

/**
 * An idea without a verdict: what was measured but gives none, or how to measure it.
 * @param {Card} card @param {Site} site
 */
function unmeasured(card, site) {
  if (card.text)
    return [h("p", { class: "note" }, card.text), card.page ? h("p", {}, h("a", { class: "evidence", href: card.page }, "See the evidence")) : null];
  const command = card.command.replace("MODEL", site.network.spec);
  const left = site.left[card.idea];
  const how = card.available
    ? ["Not measured here. ", h("code", {}, command), " measures it."]
    : ["Not measured here. ", h("code", {}, command), ` will measure it; convscope ${site.convscope} cannot yet.`];
  return [h("p", { class: "note" }, left ? `${left} ` : null, ...how)];
}

/** @param {string} source an SVG from Python @param {string} label */
function drawn(source, label) {
  const picture = document.importNode(new DOMParser().parseFromString(source, "image/svg+xml").documentElement, true);
  picture.removeAttribute("height");
  picture.setAttribute("width", "100%");
  picture.setAttribute("aria-hidden", "true");
  return h("div", { role: "img", "aria-label": label }, picture);
}

/** What the hues of a card's chart mean. @type {Record<string, Record<string, string>>} */
const HUES = {
  sharing: { weights: "its own weights", sharing: "saved by sharing", grouping: "by groups", locality: "by locality" },
};

/** The same of the ladder's levels, by the axes of the input. @type {Record<number, Record<string, string>>} */
const LADDERS = {
  1: { simple: "tones, clicks", joined: "chirps", shaped: "harmonics", entire: "wholes" },
  2: { simple: "edges, colours", joined: "corners, textures", shaped: "shapes, parts", entire: "wholes" },
  3: { simple: "surfaces, edges", joined: "corners, gratings", shaped: "shapes, parts", entire: "wholes" },
};

/** @param {Card} card @param {number} axes of the input */
function key(card, axes) {
  const ladder = { ...(LADDERS[axes] ?? LADDERS[2]), quiet: "unknown", gone: "dead on data" };
  const hues = card.idea === "features" ? ladder : HUES[card.idea];
  if (!hues) return [card.caption];
  return Object.entries(hues)
    .filter(([hue]) => card.chart.includes(`--${hue}`))
    .flatMap(([hue, text]) => [h("span", { class: "swatch", style: `--hue: var(--${hue})` }), `${text} `]);
}

/** @param {number} count */
function number(count) {
  return ["None", "One", "Two", "Three", "Four", "Five"][count];
}
