/** Errors and shares in words. */

import { h } from "../base/dom.js";

/** An error, also a very small one. @param {number | null | undefined} found */
export function error(found) {
  if (found === null || found === undefined) return "–";
  if (found === 0) return "0";
  if (found >= 0.001) return value(found);
  const power = Math.floor(Math.log10(found));
  const digits = [...String(-power)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${Math.round(found / 10 ** power)} × 10⁻${digits}`;
}

/** @param {number | null | undefined} found */
export function value(found) {
  if (found === null || found === undefined) return "–";
  return found.toFixed(Math.abs(found) < 0.0995 && found !== 0 ? 4 : 3).replace("-", "−");
}

/** @param {number} found */
export function share(found) {
  return `${(100 * found).toFixed(1)}\u00a0%`;
}

/** An interval. @param {[number, number] | undefined} ends @param {(value: number) => string} form */
export function between(ends, form = error) {
  return ends ? ` (${form(ends[0]).replace(/\u00a0%$/, "")} to ${form(ends[1])})` : "";
}

/** A number of positions, with a minus that reads as one. @param {number} d */
export function number(d) {
  return String(Number(d.toFixed(2))).replace("-", "−");
}

/**
 * What the maps are of.
 * @param {string} way
 * @param {boolean} kept  whether they were precomputed
 * @param {import("./types.js").Moving | null} torus
 */
export function aboutMaps(way, kept, torus) {
  const bits = kept ? " Maps are kept with 8 bits, so differences below 0.05 % are not told." : "";
  if (way === "native") {
    return "These maps are those of the network as it is. It has borders, so it is no torus: what a map has too much or too little is the doing of the border as well as of "
      + `strides and nonlinearities, and nothing repeats after a total stride.${bits}`;
  }
  const worst = torus?.layers.reduce((most, layer) => Math.max(most, layer.differs), 0);
  return "These maps are those of the network with circular padding instead of zeros, so that what you see is the doing of strides and "
    + "nonlinearities alone; what the border adds is measured below."
    + (torus ? ` Floor: after a move by its own stride, no map differed from itself, moved, by more than ${worst ? worst.toExponential(0) : "0"} of its deviation.` : "") + bits;
}

/**
 * What can be moved here, and what would move more.
 * @param {import("./scene.js").Behind} behind
 * @param {{torus: import("./types.js").Moving | null, native: import("./types.js").Native | null, spec: string}} kept
 */
export function aboutPages(behind, { torus, native, spec }) {
  if (behind.state === "running") {
    return ["The network runs behind these pages, so any sample here can be moved by any distance: in quarters by hand, as finely as you like in the address (", h("code", {}, `move=${[1.37, -2, 0.5].slice(0, behind.live?.stride.length)}`), ")."];
  }
  const parts = [
    torus ? `with circular padding by every ${torus.per > 1 ? "half" : "whole"} position${torus.form === "lines" && torus.stride.length > 1 ? " along one axis at a time" : ""}` : "",
    native ? `as it is by ${native.moves.length - 1} distances along the axes, since without a torus each is a map of its own` : "",
  ].filter(Boolean).join("; ");
  if (behind.state === "loading") return ["The network is being loaded. Until it is there, what was precomputed can be moved."];
  const why = behind.state === "lost" ? `The network behind these pages does not answer (${(behind.reason ?? "").replace(/\.$/, "")})` : "No network runs behind these pages";
  return [`${why}, so only what was precomputed can be moved: ${parts}. `, h("code", {}, `convscope serve ATLAS${spec.startsWith("demo") ? "" : ` ${spec}`}`), " moves any sample by any distance."];
}
