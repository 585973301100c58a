/** `#/receptive`: what a unit can see, and what of that it uses. */

import { chart } from "../base/chart.js";
import { fill, h } from "../base/dom.js";
import { brightness, read } from "../base/load.js";
import { go, href } from "../base/route.js";
import { axisNames, stage } from "../samples/stage.js";
import { thumbs } from "../samples/thumbs.js";
import { described, tiles, whatExceeds, whatToDo } from "./findings.js";
import { boxOf, centreOf, isLocal, unitAt, units } from "./geometry.js";

/** @typedef {import("../types.js").Field} Field */
/** @typedef {import("../types.js").Site} Site */

const BEYOND = "beyond"; // the advice that has a section of its own

/** @param {Site} site @returns {Promise<import("../types.js").Page>} */
export async function open(site) {
  const title = "What a unit can see";
  if (!site.documents.includes("receptive")) return { node: missing(site, title), title, update: () => {} };
  /** @type {[import("../types.js").ReceptiveDocument, import("../types.js").NetworkDocument]} */
  const [found, network] = await Promise.all([read("receptive"), read("network")]);
  const space = site.network.input.slice(1);
  const advice = found.advice ?? [];
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const fields = found.layers.filter((field) => isLocal(field));
  const samples = site.data?.samples ?? [];
  let state = { depth: 0, sample: 0, at: space.map((side) => Math.floor(side / 2)), heat: true };

  const scene = stage(space, (at) => move({ at: at.map(Math.floor) }));
  const depth = h("input", { type: "range", min: 0, max: Math.max(0, fields.length - 1), oninput: () => move({ depth: Number(depth.value) }) });
  const depthName = h("output");
  const places = axisNames(space.length).map((name, axis) => {
    const slider = h("input", { type: "range", min: 0, oninput: () => shift(axis, Number(slider.value)) });
    const value = h("output");
    return { slider, value, node: h("label", {}, h("span", {}, `unit, ${name} `, value), slider) };
  });
  const heat = h("input", { type: "checkbox", onchange: () => move({ heat: heat.checked }) });
  const heatLabel = h("label", { class: "switch" }, heat, "show what it uses");
  const choose = thumbs(site.data, (sample) => move({ sample }));
  const facts = h("div", { "aria-live": "polite" });

  const node = h("article", { class: "receptive" },
    h("h1", {}, title),
    h("p", { class: "lead" },
      "A unit of a feature map sees a patch of the input, and literally nothing outside it. Each layer sees a little ",
      "further than the one before. Go deeper with the slider; point at the sample to move the unit."),
    h("div", { class: "scene" },
      h("div", { class: "seen" }, scene?.node,
        samples.length ? choose.node : h("p", { class: "note" }, "No samples in this atlas: ", h("code", {}, "--data"), " adds some.")),
      h("form", { class: "dials", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
        h("label", {}, h("span", {}, "depth ", depthName), depth),
        places.map(({ node }) => node), heatLabel, facts)),
    site.charts.receptive
      ? h("section", {}, h("h2", {}, "How the field grows"),
          h("figure", {}, chart("receptive", site.charts.receptive, "Receptive field by depth; the sizes of every layer are on its page"),
            h("figcaption", {}, `Stacked convolutions of ${space.map(() => 3).join(" × ")} grow by 2 a layer; each stride or pooling of 2 doubles every later step.`)))
      : null,
    whatExceeds(found.layers, space, advice.find(({ id }) => id === BEYOND)),
    tiles(found.tiling),
    whatToDo(advice.filter(({ id }) => id !== BEYOND)));

  /** @param {Partial<typeof state>} change */
  function move(change) {
    const next = { ...state, ...change };
    const query = { layer: fields[next.depth].name, sample: next.sample || null, at: next.at.join(","), heat: next.heat ? null : 0 };
    go(href("receptive", [], query), { replace: true });
  }

  /** @param {number} axis @param {number} unit */
  function shift(axis, unit) {
    const field = fields[state.depth];
    const now = unitAt(field, units(layers.get(field.name), field), state.at);
    now[axis] = unit;
    move({ at: centreOf(field, now).map((at, i) => (i === axis ? at : state.at[i])) });
  }

  /** @param {import("../types.js").Route} route */
  function update({ query }) {
    if (!fields.length || !scene) return;
    const named = fields.findIndex((field) => field.name === query.get("layer"));
    const at = query.get("at")?.split(",").map(Number) ?? [];
    const valid = at.length === space.length && at.every((value, i) => value >= 0 && value < space[i]);
    const sample = Math.min(Math.max(0, Number(query.get("sample")) || 0), Math.max(0, samples.length - 1));
    state = {
      depth: named < 0 ? firstWindow(fields) : named,
      sample,
      at: valid ? at : space.map((side) => Math.floor(side / 2)),
      heat: query.get("heat") !== "0",
    };
    draw(scene);
  }

  /** @param {import("../samples/stage.js").Stage} scene */
  function draw(scene) {
    const field = fields[state.depth];
    const counts = units(layers.get(field.name), field);
    const unit = unitAt(field, counts, state.at);
    const { lo, hi } = boxOf(field, unit);
    depth.value = String(state.depth);
    depth.setAttribute("aria-valuetext", field.name);
    depthName.textContent = field.name;
    places.forEach(({ slider, value, node }, axis) => {
      node.hidden = !counts.length;
      slider.max = String((counts[axis] ?? 1) - 1);
      slider.value = String(unit[axis] ?? 0);
      value.textContent = `${(unit[axis] ?? 0) + 1} of ${counts[axis] ?? 1}`;
    });
    heatLabel.hidden = !field.effective?.picture;
    heat.checked = state.heat;
    choose.update(state.sample);
    scene.show(samples[state.sample] ?? null);
    scene.box(lo, hi, `The unit sees ${axisNames(space.length).map((name, i) => `${name} ${lo[i]} to ${hi[i] - 1}`).join(", ")}`);
    fill(facts, ...described(field, { lo, hi, space, counts }));
    drawHeat(scene, field, unit);
  }

  /**
   * The effective field was measured at one unit; at another it is drawn shifted by whole strides.
   * @param {import("../samples/stage.js").Stage} scene
   * @param {Field} field
   * @param {number[]} unit
   */
  async function drawHeat(scene, field, unit) {
    const { picture, start, shape, unit: measured } = field.effective ?? {};
    if (!state.heat || !picture || !start || !shape) return scene.heat(null);
    const { values } = await brightness(picture);
    if (fields[state.depth] !== field) return;
    const moved = start.map((from, i) => from + ((unit[i] ?? 0) - (measured?.[i] ?? unit[i] ?? 0)) * field.stride[i]);
    scene.heat({ start: moved, shape, values });
  }

  return { node, title, update };
}

/** @param {Field[]} fields */
function firstWindow(fields) {
  return Math.max(0, fields.findIndex((field) => field.kind === "conv"));
}

/** @param {Site} site @param {string} title */
function missing(site, title) {
  return h("article", {}, h("h1", {}, title),
    h("p", { class: "lead" }, "Receptive fields were not measured here. ",
      h("code", {}, `convscope receptive ${site.network.spec}`), " measures them."));
}
