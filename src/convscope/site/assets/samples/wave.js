/** A sound on a stage: its waveform, its spectrogram, and the sound itself to play. */

import { fill, h, svg } from "../base/dom.js";
import { numbers } from "../base/load.js";
import { heat as heatColour, paint } from "./colour.js";
import { pointing } from "./picture.js";
import { spectrum } from "./spectrum.js";

const COLUMNS = 1200; // of the drawn waveform: finer than most stages are wide
const FEW = 200; // samples are joined by a line: the range in each column would be a staircase

/**
 * @param {number[]} space length
 * @param {((position: number[]) => void) | null} pick
 * @returns {import("./stage.js").Stage}
 */
export function wave([length], pick) {
  const trace = svg("svg", { class: "trace", preserveAspectRatio: "none", "aria-hidden": true });
  const bands = h("canvas", { class: "bands" });
  const use = svg("svg", { class: "use", preserveAspectRatio: "none", "aria-hidden": true });
  const box = h("div", { class: "box" });
  const inner = h("div", { class: "stage wave", role: "img" }, trace, bands, use, box);
  const player = h("audio", { controls: true, preload: "none", hidden: true });
  const axis = h("p", { class: "note axis" });
  const node = h("div", { class: "sound" }, inner, axis, player);
  if (pick) pointing(inner, (x) => pick([x * length]));
  let wanted = "";

  return {
    node,
    async show(sample) {
      wanted = sample?.waveform ?? "";
      player.hidden = !sample?.sound;
      if (sample?.sound) {
        player.src = sample.sound;
        player.setAttribute("aria-label", `play ${sample.name}`);
      }
      if (!sample?.waveform) return;
      const values = await numbers(sample.waveform);
      if (wanted !== sample.waveform) return; // another sample was asked for meanwhile
      (values.length < FEW ? curve : line)(trace, values);
      const found = spectrum(values);
      paint(bands, found.bands, found.frames, (row, column) =>
        heatColour(found.shares[column * found.bands + found.bands - 1 - row]));
      const silent = values.every((value) => Math.abs(value) < 1e-6);
      axis.textContent = silent ? "This part of the sound is silent." : scaleOf(sample.rate);
    },
    box([from], [to], text) {
      const [lo, hi] = [Math.max(0, from), Math.min(length, to)];
      box.style.left = `${(100 * lo) / length}%`;
      box.style.width = `${(100 * (hi - lo)) / length}%`;
      inner.setAttribute("aria-label", text);
    },
    heat(found) {
      use.toggleAttribute("hidden", !found);
      if (!found) return;
      const level = new Float32Array(found.shape[0]).map((_, i) => found.values[i] / 255);
      line(use, level);
      use.style.left = `${(100 * found.start[0]) / length}%`;
      use.style.width = `${(100 * found.shape[0] * (found.step?.[0] ?? 1)) / length}%`;
    },
  };

  /** @param {number | null | undefined} rate hertz */
  function scaleOf(rate) {
    return rate
      ? `${Number((length / rate).toPrecision(3))} s of sound; below the waveform its spectrogram, 0 to ${rate / 2000} kHz, brightness over 80 dB.`
      : "The waveform, and below it its spectrogram: brightness over 80 dB.";
  }
}

/**
 * Draw the range of values in each column, so that no peak is lost.
 * @param {SVGElement} trace
 * @param {Float32Array} values
 */
export function line(trace, values) {
  const columns = Math.min(COLUMNS, values.length);
  const most = values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-9);
  const signed = values.some((value) => value < 0);
  const y = (/** @type {number} */ value) => (signed ? 0.5 - (0.48 * value) / most : 1 - (0.98 * value) / most);
  let path = "";
  for (let column = 0; column < columns; column += 1) {
    const part = values.subarray(Math.floor((column * values.length) / columns), Math.floor(((column + 1) * values.length) / columns) + 1);
    const high = y(Math.max(...part));
    const low = signed ? y(Math.min(...part)) : 1;
    path += `M${column} ${high.toFixed(4)}h1V${Math.max(low, high + 0.008).toFixed(4)}h-1z`;
  }
  trace.setAttribute("viewBox", `0 0 ${columns} 1`);
  fill(trace, svg("path", { d: path }));
}

/**
 * Draw a waveform of few samples as a line through them.
 * @param {SVGElement} trace
 * @param {Float32Array} values
 */
function curve(trace, values) {
  const most = values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-9);
  const points = [...values].map((value, at) => `${at + 0.5},${(0.5 - (0.48 * value) / most).toFixed(4)}`);
  trace.setAttribute("viewBox", `0 0 ${values.length} 1`);
  fill(trace, svg("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }));
}
