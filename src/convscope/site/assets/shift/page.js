/** `#/shift`: move a sample, and see what moves with it and what holds still. */

import { h } from "../base/dom.js";
import { read } from "../base/load.js";
import { once } from "../base/numbers.js";
import { go, href } from "../base/route.js";
import { stepName } from "../samples/stage.js";
import { thumbs } from "../samples/thumbs.js";
import { findings } from "./findings.js";
import { scoresOf } from "./kept.js";
import { maps } from "./maps.js";
import { mover } from "./mover.js";
import { overview, scores } from "./scores.js";
import { modulo } from "./torus.js";

/** @typedef {import("../types.js").Site} Site */
/** @typedef {import("./types.js").Moving} Moving */

const REST = 160; // milliseconds after which a drag that pauses is written into the address

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "Move the picture";
  if (!site.documents.includes("shift")) return { node: missing(site, title), title, update: () => {} };
  /** @type {[import("./types.js").ShiftDocument, any]} */
  const [found, repair] = await Promise.all([read("shift"), site.documents.includes("repair") ? read("repair") : null]);
  const below = findings(found, repair, site, (change) => scene?.move(change));
  const moving = found.moving && "layers" in found.moving ? found.moving : null;
  const scene = moving ? moveable(site, moving) : null;
  const dims = site.network.input.length - 1;
  const what = { 1: "recording", 2: "picture", 3: "volume" }[dims] ?? "sample";
  const why = found.moving && "reason" in found.moving ? found.moving.reason : "Nothing was kept to move.";
  const node = h("article", { class: "shift" },
    h("h1", {}, title),
    h("p", { class: "lead" },
      `Move the ${what}, and the maps of a convolution should move with it: equivariance. What is pooled over all places `,
      "should hold still: invariance. ",
      scene ? "Try it. Then read below how far both are true of this network, and what breaks them." : ""),
    scene ? scene.node : h("p", { class: "prose untestable" }, `There is nothing to drag here. ${why}`, nearest(found)),
    below.node);
  return { node, title, update: async (route) => { below.update(route); await scene?.update(route); } };
}

/** @param {Site} site @param {Moving} moving */
function moveable(site, moving) {
  const space = site.network.input.slice(1);
  const dims = space.length;
  const words = { 1: ["later"], 2: ["down", "right"], 3: ["deeper", "down", "right"] }[dims] ?? [];
  const unit = stepName(dims);
  const known = moving.samples.map(({ index }) => site.data?.samples.find((sample) => sample.index === index) ?? null);
  const data = site.data && { ...site.data, samples: known.flatMap((sample) => (sample ? [sample] : [])) };
  let state = { sample: 0, move: space.map(() => 0) };
  let depth = 0.5;
  let resting = 0;

  const stage = mover(space, {
    to: (move, done) => move_({ move: locked(move) }, done),
    by: (axis, way, far) => step(axis, way * (far ? moving.stride[Math.max(0, axis)] : 1)),
    home: () => move_({ move: space.map(() => 0) }, true),
  });
  const choose = thumbs(data, (sample) => move_({ sample }, true));
  const sliders = space.map((size, axis) => {
    const half = Math.floor(size / 2);
    const slider = h("input", { type: "range", min: -half, max: half, step: 1 / moving.per, oninput: () => set(axis, Number(slider.value)) });
    const value = h("output");
    return { slider, value, node: h("label", {}, h("span", {}, `${words[axis]} `, value), slider) };
  });
  const total = moving.stride[dims - 1];
  const jumps = [
    ["One total stride", total], ["Half of it", total / 2], [`1 ${unit.slice(0, -1)}`, 1],
    ...(moving.per > 1 ? [["Half a " + unit.slice(0, -1), 0.5]] : []), ["Back", 0],
  ].map(([name, far]) => h("button", { type: "button", onclick: () => move_({ move: space.map((_, axis) => (axis === dims - 1 ? Number(far) : 0)) }, true) }, name));
  const slices = dims === 3 ? h("input", { type: "range", min: 0, max: space[0] - 1, value: Math.floor(space[0] / 2), oninput: () => turn() }) : null;
  const follow = maps(moving, dims);
  const taken = scores(site.network.classes);
  const every = overview(moving, (move) => move_({ move }, true));
  const answers = moving.samples.some((sample) => sample.scores);

  const node = h("div", { class: "moving" },
    h("div", { class: "hand" },
      stage.node,
      h("p", { class: "note", id: "how-to-move" }, how(moving, unit, dims)),
      known.length > 1 ? choose.node : null,
      h("form", { class: "dials", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
        sliders.map(({ node }) => node),
        slices ? h("label", {}, h("span", {}, "slice shown"), slices) : null,
        h("div", { class: "jumps", role: "group", "aria-label": "Moves" }, jumps))),
    h("div", { class: "follows-what" },
      h("h2", {}, "What its maps do"),
      h("p", { class: "note" }, "Each unit: its map, and beside it what it has more (red) or less (blue) than the unmoved map, moved. ",
        "Bars: the mean of a map over all places, which is what pooling over the whole map keeps; the mark is its mean before the move."),
      follow.node,
      h("p", { class: "note" }, checked(moving))),
    answers ? h("div", { class: "taken" }, taken.node, every.node)
      : h("p", { class: "note taken" }, "This network does not answer with scores of classes that repeat after a total stride, so none are shown here."));

  /** @param {Partial<typeof state>} change @param {boolean} done */
  function move_(change, done) {
    const next = { ...state, ...change };
    const same = next.sample === state.sample && next.move.every((d, axis) => d === state.move[axis]);
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
    go(href("shift", [], { ...query, sample: state.sample || null, move: moved ? state.move.join(",") : null }), { replace: true });
  }

  /** Whole steps, within half the input each way; along one axis where no others were kept. @param {number[]} move */
  function locked(move) {
    const near = move.map((d, axis) => {
      const back = modulo(Math.round(d * moving.per) / moving.per + space[axis] / 2, space[axis]) - space[axis] / 2;
      return back === 0 ? 0 : back;
    });
    if (moving.form === "plane") return near;
    const most = near.reduce((best, d, axis) => (Math.abs(d) > Math.abs(near[best]) ? axis : best), near.length - 1);
    return near.map((d, axis) => (axis === most ? d : 0));
  }

  /** @param {number} axis @param {number} far */
  function step(axis, far) {
    if (axis < 0) return;
    const from = moving.form === "plane" ? state.move : state.move.map((d, i) => (i === axis ? d : 0));
    move_({ move: locked(from.map((d, i) => (i === axis ? d + far : d))) }, true);
  }

  /** @param {number} axis @param {number} to */
  function set(axis, to) {
    const from = moving.form === "plane" ? state.move : state.move.map(() => 0);
    move_({ move: from.map((d, i) => (i === axis ? to : d)) }, false);
  }

  function turn() {
    if (!slices) return;
    depth = (Number(slices.value) + 0.5) / space[0];
    stage.look(Number(slices.value));
    draw();
  }

  async function draw() {
    const { sample, move } = state;
    const said = move.every((d) => d === 0) ? "Not moved" : `Moved ${move.map((d, axis) => `${number(d)} ${unit} ${words[axis]}`).join(", ")}`;
    stage.place(move, said);
    sliders.forEach(({ slider, value }, axis) => {
      slider.value = String(move[axis]);
      value.textContent = `${number(move[axis])} ${unit}`;
    });
    choose.update(sample);
    const shown = stage.show(known[sample]);
    const kept = answers ? scoresOf(moving, moving.samples[sample]) : null;
    await Promise.all([shown, follow.draw(sample, move, depth)]);
    const answer = await kept;
    if (state.sample !== sample || state.move !== move) return;
    taken.draw(moving.samples[sample], answer, move);
    every.draw(moving.samples[sample], answer, move, site.network.classes);
  }

  /** @param {import("../types.js").Route} route */
  async function update({ query }) {
    const given = query.get("move")?.split(",").map(Number) ?? [];
    const valid = given.length === dims && given.every(Number.isFinite);
    const sample = Math.min(Math.max(0, Math.floor(Number(query.get("sample")) || 0)), moving.samples.length - 1);
    state = { sample, move: valid ? locked(given) : space.map(() => 0) };
    await draw();
  }

  return { node, update, move: (/** @type {number[]} */ move) => { move_({ move: locked(move) }, true); node.scrollIntoView({ block: "start" }); } };
}

/** @param {Moving} moving @param {string} unit @param {number} dims */
function how(moving, unit, dims) {
  const one = unit.slice(0, -1);
  const axes = dims > 1 && moving.form === "lines" ? " One axis at a time was kept." : "";
  return `Drag it${dims === 3 ? " (the slider moves it through the slices)" : ""}, or use the arrow keys: by a ${one}, with Shift by a total stride; Home brings it back. `
    + `It goes round: what leaves on one side comes in on the other.${axes}`;
}

/** @param {Moving} moving */
function checked(moving) {
  const worst = moving.layers.reduce((most, layer) => Math.max(most, layer.differs), 0);
  return "These maps are those of the network with circular padding instead of zeros, so that what you see is the doing of strides and "
    + "nonlinearities alone; what the border adds is measured below. Floor: after a move by its own stride, no map differed from "
    + `itself, moved, by more than ${worst ? worst.toExponential(0) : "0"} of its deviation; maps are kept with 8 bits, so differences below 0.05 % are not told.`;
}

/** @param {number} d */
function number(d) {
  return String(Number(d.toFixed(2))).replace("-", "−");
}

/** @param {import("./types.js").ShiftDocument} found */
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
