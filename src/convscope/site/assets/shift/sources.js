/** Where the maps of a moved sample come from: what was kept on the torus, a handful as it is, or a running network. */

import { product } from "../base/numbers.js";
import { fineOf, mapAt, scoresOf } from "./kept.js";
import { modulo } from "./torus.js";

/** @typedef {import("./types.js").Moving} Moving */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./live.js").Live} Live */

const SHOWN = 5; // classes
const FINE = 4; // steps a position when a running network is asked; the address takes any number

/** What was kept of the network with circular padding. @param {Moving} moving @param {number[]} space @returns {Source} */
export function onTorus(moving, space) {
  const plane = moving.form === "plane";
  /** Whole steps, within half the input each way; along one axis where no others were kept. @param {number[]} move */
  const locked = (move) => {
    const near = within(move, space, moving.per);
    const most = near.reduce((best, d, axis) => (Math.abs(d) > Math.abs(near[best]) ? axis : best), near.length - 1);
    return plane ? near : near.map((d, axis) => (axis === most ? d : 0));
  };
  return {
    samples: moving.samples.map(({ index }) => index),
    layers: moving.layers,
    ranges: moving.layers.map(({ low, high }) => low.map((one, i) => /** @type {[number, number]} */ ([one, high[i]]))),
    locked,
    next: (move, axis, far) => locked(move.map((d, a) => (a === axis ? d + far : plane ? d : 0))),
    async at(index, move) {
      const sample = moving.samples.findIndex((one) => one.index === index);
      const [fine, kept] = await Promise.all([
        Promise.all(moving.layers.map((layer) => fineOf(layer, sample))),
        scoresOf(moving, moving.samples[sample]),
      ]);
      const { classes } = moving.samples[sample];
      const found = kept?.at(move);
      return {
        maps: moving.layers.map((layer, i) => layer.units.map((_, unit) => mapAt(moving, layer, fine[i], unit, move))),
        scores: found && classes ? { classes, top: found.top, share: (number) => found.shares[classes.indexOf(number)] ?? null } : null,
      };
    },
  };
}

/**
 * A running network.
 * @param {Live} live
 * @param {string} way
 * @param {number[]} space
 * @returns {Source}
 */
export function running(live, way, space) {
  return {
    samples: live.samples,
    layers: live.layers,
    ranges: null,
    locked: (move) => within(move, space, FINE),
    next: (move, axis, far) => within(move.map((d, a) => (a === axis ? d + far : d)), space, FINE),
    async at(index, move) {
      const { maps, shares } = await live.ask(index, move, way);
      const order = shares && shares.map((_, number) => number).sort((one, other) => shares[other] - shares[one]);
      return {
        maps: live.layers.map((layer, i) => layer.units.map((_, unit) => maps[i].subarray(unit * product(layer.size), (unit + 1) * product(layer.size)))),
        scores: shares && order && { classes: order.slice(0, SHOWN), top: order[0], share: (number) => shares[number] },
      };
    },
  };
}

/** Within half the input each way, in steps so fine; a `per` of 0 takes it as it is. @param {number[]} move @param {number[]} space @param {number} per */
export function within(move, space, per) {
  return move.map((d, axis) => {
    const step = per ? Math.round(d * per) / per : d;
    const back = modulo(step + space[axis] / 2, space[axis]) - space[axis] / 2;
    return back === 0 ? 0 : Number(back.toFixed(6));
  });
}

/** The same as another source, but each answer only once for a sample and a move. @param {Source} source @returns {Source} */
export function remembering(source) {
  /** @type {Map<string, Promise<import("./types.js").Shot>>} */
  const unmoved = new Map();
  return {
    ...source,
    at(sample, move) {
      if (move.some((d) => d !== 0)) return source.at(sample, move);
      const key = String(sample);
      const known = unmoved.get(key) ?? source.at(sample, move);
      known.catch(() => unmoved.delete(key));
      unmoved.set(key, known);
      return known;
    },
  };
}
