/** A sample that is moved, the maps that follow it, and what it is taken for. */

import { h } from "../base/dom.js";
import { go, href } from "../base/route.js";
import { hand } from "./hand.js";
import { scoresOf } from "./kept.js";
import { maps } from "./maps.js";
import { handful } from "./native.js";
import { overview, scores } from "./scores.js";
import { onTorus, remembering, running, within } from "./sources.js";
import { aboutMaps, aboutPages } from "./words.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./hand.js").State} State */
/** @typedef {{live: import("./live.js").Live | null, state: "none" | "loading" | "running" | "lost", reason?: string}} Behind */

const REST = 160; // milliseconds after which a drag that pauses is written into the address
const WAIT = 200; // milliseconds after which a wait is explained

/**
 * @param {Site} site
 * @param {import("./types.js").ShiftDocument} found
 * @param {Behind} behind
 * @param {(reason: string) => void} lost  told when the network behind the pages no longer answers
 */
export function scene(site, found, behind, lost) {
  const space = site.network.input.slice(1);
  const torus = found.moving && "layers" in found.moving ? found.moving : null;
  const native = found.native && "layers" in found.native ? found.native : null;
  const { live } = behind;
  const layers = live?.ways.native ?? (torus ?? native)?.layers;
  const stride = (live ?? torus ?? native)?.stride;
  if (!layers?.length || !stride) return null;
  const names = layers.map(({ name }) => name).join();
  const usable = (/** @type {Source | null} */ source) => (source && source.layers.map(({ name }) => name).join() === names ? remembering(source) : null);
  /** @type {Record<string, {kept: Source | null, live: Source | null}>} */
  const ways = {
    circular: { kept: usable(torus && onTorus(torus, space)), live: usable(live && "circular" in live.ways ? running(live, "circular", space) : null) },
    native: { kept: usable(native && handful(native, space)), live: usable(live && running(live, "native", space)) },
  };
  const offered = Object.keys(ways).filter((way) => ways[way].kept ?? ways[way].live);
  const sources = offered.flatMap((way) => [ways[way].kept, ways[way].live]);
  // What was kept comes first, so that an address means the same with and without a network.
  const indices = [...new Set(sources.flatMap((source) => source?.samples ?? []))].sort((one, other) => Number(held(other)) - Number(held(one)));
  const shown = indices.map((index) => site.data?.samples.find((sample) => sample.index === index) ?? null);
  const classes = site.network.classes;
  /** @type {State} */
  let state = tidy({ sample: 0, move: space.map(() => 0), way: offered[0] });
  let depth = 0.5;
  let resting = 0;

  const control = hand({ space, stride, samples: shown, data: site.data, ways: offered, grain: live ? 4 : torus ? torus.per : 2 }, {
    change: (change, done) => move_(change, done),
    by: (axis, far) => move_({ move: reachable().next(state.move, axis, far) }, true),
    turn: (slice) => { depth = (slice + 0.5) / space[0]; draw(); },
  });
  const follow = maps(layers, space);
  const taken = scores(classes);
  const every = torus ? overview(torus, (move) => move_({ move }, true)) : null;
  const what = h("p", { class: "note about-maps" });
  const told = h("p", { class: "note about-pages", "data-live": behind.state });
  const asking = h("span", { class: "asking", role: "status" });
  const node = h("div", { class: "moving" },
    h("div", { class: "hand-and-pages" }, control.node, told),
    h("div", { class: "follows-what" },
      h("h2", {}, "What its maps do ", asking),
      control.choice,
      h("p", { class: "note" }, "Each unit: its map, and beside it what it has more (red) or less (blue) than the unmoved map, moved. ",
        "Bars: the mean of a map over all places, which is what pooling over the whole map keeps; the mark is its mean before the move."),
      follow.node, what),
    h("div", { class: "taken" }, taken.node, every?.node));
  told.replaceChildren(...aboutPages(behind, { torus, native, spec: site.network.spec }));

  /** Whether maps of a sample were kept. @param {number} index */
  function held(index) {
    return offered.some((way) => ways[way].kept?.samples.includes(index));
  }

  /** Where moves of the chosen network are from. */
  function reachable(way = state.way) {
    return /** @type {Source} */ (ways[way].live ?? ways[way].kept);
  }

  /** What answers: on the torus what was kept, as it is there at once; else the running network. @param {State} wanted */
  function source({ way, sample, move }) {
    const { kept, live } = ways[way];
    const there = kept?.samples.includes(indices[sample]) && kept.locked(move).every((d, axis) => d === move[axis]);
    return kept && there && (way === "circular" || !live) ? kept : reachable(way);
  }

  /** A state that there is. @param {State} wanted @param {boolean} [exactly] whether any fraction may stay */
  function tidy({ sample, move, way }, exactly = false) {
    const from = reachable(way);
    const place = from.samples.includes(indices[sample]) ? sample : indices.indexOf(from.samples[0]);
    return { way, sample: place, move: exactly && ways[way].live ? within(move, space, 0) : from.locked(move) };
  }

  /** @param {Partial<State>} change @param {boolean} done */
  function move_(change, done) {
    const next = tidy({ ...state, ...change }, !change.move);
    const same = next.sample === state.sample && next.way === state.way && next.move.every((d, axis) => d === state.move[axis]);
    state = next;
    clearTimeout(resting);
    if (!same) draw();
    if (done) settle();
    else resting = setTimeout(settle, REST);
  }

  function settle() {
    clearTimeout(resting);
    const query = { ...Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? "")) };
    const moved = state.move.some((d) => d !== 0);
    go(href("shift", [], { ...query, sample: state.sample || null, move: moved ? state.move.join(",") : null, way: state.way === offered[0] ? null : state.way }), { replace: true });
  }

  /** @type {Promise<void> | null} */
  let drawing = null;
  let again = false;

  /** Draw the state; what changes while it is drawn is drawn after it, and what came between is left out. */
  function draw() {
    control.show(state);
    again = true;
    drawing ??= drawn().finally(() => (drawing = null));
    return drawing;
  }

  async function drawn() {
    while (again) {
      again = false;
      await one(state);
    }
  }

  /** @param {State} wanted */
  async function one(wanted) {
    const from = source(wanted);
    const index = indices[wanted.sample];
    const waiting = setTimeout(() => (asking.textContent = "· asking the network …"), WAIT);
    try {
      const [then, now, kept] = [await from.at(index, space.map(() => 0)), await from.at(index, wanted.move), await on(index)];
      follow.draw(from, now, then, wanted.move, depth);
      taken.draw(now.scores, then.scores);
      every?.draw(kept.sample, kept.scores, wanted.move, classes);
      node.dataset.sample = String(index);
      what.textContent = aboutMaps(wanted.way, from === ways[wanted.way].kept, torus);
    } catch (error) {
      if (!live) throw error;
      lost(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(waiting);
      asking.textContent = "";
    }
  }

  /** The scores of a sample at all moves on the torus, where they were kept. @param {number} index */
  async function on(index) {
    const sample = torus?.samples.find((one) => one.index === index) ?? null;
    return { sample, scores: torus && sample ? await scoresOf(torus, sample) : null };
  }

  /** @param {import("../types.js").Route} route */
  async function update({ query }) {
    const given = query.get("move")?.split(",").map(Number) ?? [];
    const valid = given.length === space.length && given.every(Number.isFinite);
    const sample = Math.min(Math.max(0, Math.floor(Number(query.get("sample")) || 0)), indices.length - 1);
    const way = offered.includes(query.get("way") ?? "") ? String(query.get("way")) : offered[0];
    state = tidy({ sample, way, move: valid ? given : space.map(() => 0) }, true);
    await draw();
  }

  return { node, update, move: (/** @type {number[]} */ move) => { move_({ move }, true); node.scrollIntoView({ block: "start" }); } };
}
