/** `#/shift`: move a sample, and see what moves with it and what holds still. */

import { h } from "../base/dom.js";
import { read } from "../base/load.js";
import { once } from "../base/numbers.js";
import { parse } from "../base/route.js";
import { findings } from "./findings.js";
import { live, served } from "./live.js";
import { scene } from "./scene.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("./types.js").ShiftDocument} ShiftDocument */

const SOON = 150; // milliseconds that the first picture waits for a network that is loaded already

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "Move the picture";
  if (!site.documents.includes("shift")) return { node: missing(site, title), title, update: () => {} };
  const coming = served() ? live() : null;
  /** @type {[ShiftDocument, any]} */
  const [found, repair] = await Promise.all([read("shift"), site.documents.includes("repair") ? read("repair") : null]);
  const hands = await moveable(site, found, coming);
  const below = findings(found, repair, site, (change) => hands.move(change));
  const what = { 1: "recording", 2: "picture", 3: "volume" }[site.network.input.length - 1] ?? "sample";
  const node = h("article", { class: "shift" },
    h("h1", {}, title),
    h("p", { class: "lead" },
      `Move the ${what}, and the maps of a convolution should move with it: equivariance. What is pooled over all places `,
      "should hold still: invariance. Try it. Then read below how far both are true of this network, and what breaks them."),
    hands.node, below.node);
  return { node, title, update: async (route) => { below.update(route); await hands.update(route); } };
}

/**
 * What can be moved now; made anew when the network behind the pages has been loaded, or is lost.
 * @param {Site} site
 * @param {ShiftDocument} found
 * @param {Promise<import("./live.js").Live> | null} coming
 */
async function moveable(site, found, coming) {
  const node = h("div");
  const late = Symbol("late");
  const first = coming && (await Promise.race([coming.catch((error) => error), new Promise((resolve) => setTimeout(resolve, SOON, late))]));
  /** @type {ReturnType<typeof scene>} */
  let current = null;

  /** @param {import("./scene.js").Behind} behind */
  function show(behind) {
    current = scene(site, found, behind, (reason) => again({ live: null, state: "lost", reason }));
    node.replaceChildren(current?.node ?? nothing(found, behind));
  }

  /** @param {import("./scene.js").Behind} behind */
  async function again(behind) {
    show(behind);
    const route = parse(location.hash);
    if (route.page === "shift") await current?.update(route);
  }

  if (!coming) show({ live: null, state: "none" });
  else if (first === late) {
    show({ live: null, state: "loading" });
    coming.then((live) => again({ live, state: "running" }), (error) => again({ live: null, state: "lost", reason: error.message }));
  } else show(first instanceof Error ? { live: null, state: "lost", reason: first.message } : { live: first, state: "running" });
  return {
    node,
    update: async (/** @type {import("../types.js").Route} */ route) => current?.update(route),
    move: (/** @type {number[]} */ move) => current?.move(move),
  };
}

/** @param {ShiftDocument} found @param {import("./scene.js").Behind} behind */
function nothing(found, behind) {
  if (behind.state === "loading") return h("p", { class: "prose", role: "status" }, "The network is being loaded …");
  const reasons = [found.moving, found.native].flatMap((one) => (one && "reason" in one ? [one.reason] : []));
  const why = behind.reason ?? reasons[0] ?? "Nothing was kept to move.";
  return h("p", { class: "prose untestable" }, `There is nothing to drag here. ${why.charAt(0).toUpperCase()}${why.slice(1).replace(/\.$/, "")}.`, nearest(found));
}

/** @param {ShiftDocument} found */
function nearest({ testable }) {
  return testable !== true && testable.nearest_input ? ` An input of ${once(testable.nearest_input.slice(1))} could be tested exactly.` : "";
}

/** @param {Site} site @param {string} title */
function missing(site, title) {
  return h("article", {}, h("h1", {}, title),
    h("p", { class: "lead" }, "How this network answers to moves was not measured here. ",
      h("code", {}, `convscope shift ${site.network.spec} --data DATA`), " measures it",
      site.left.shift ? `. ${site.left.shift}` : "."));
}
