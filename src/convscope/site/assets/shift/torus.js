/** Maps on a torus: sampled from a fine map, moved, compared. Values lie row by row, the last axis fastest. */

/**
 * The map of a layer whose input moved: `map[n] = fine[r n - d]`.
 * @param {ArrayLike<number>} fine
 * @param {number} offset  where the unit's fine map begins
 * @param {number[]} shape  of the fine map
 * @param {number[][]} places  per axis, which of its positions the map has
 */
export function sampled(fine, offset, shape, places) {
  const size = places.map((one) => one.length);
  const out = new Float32Array(size.reduce((count, n) => count * n, 1));
  let to = 0;
  /** @param {number} axis @param {number} from */
  const walk = (axis, from) => {
    const last = axis === shape.length - 1;
    for (const place of places[axis]) {
      const at = from * shape[axis] + place;
      if (last) out[to++] = fine[offset + at];
      else walk(axis + 1, at);
    }
  };
  walk(0, 0);
  return out;
}

/**
 * Which positions of a fine axis a moved map looks at.
 * @param {number} size  positions of the map
 * @param {number} step  fine positions from one to the next
 * @param {number} move  in fine positions
 */
export function phase(size, step, move) {
  return Array.from({ length: size }, (_, n) => modulo(step * n - move, step * size));
}

/** @param {number} value @param {number} of */
export function modulo(value, of) {
  return ((value % of) + of) % of;
}

/**
 * A map moved along one axis; by parts of a position with the Fourier shift, which is exact for all that a map holds.
 * @param {Float32Array} map
 * @param {number[]} size
 * @param {number} axis
 * @param {number} step  in positions of the map
 */
function along(map, size, axis, step) {
  const n = size[axis];
  const inner = size.slice(axis + 1).reduce((count, one) => count * one, 1);
  const out = new Float32Array(map.length);
  const whole = Number.isInteger(step);
  const weights = whole ? [1] : Float64Array.from({ length: n }, (_, m) => weight(m - step, n));
  const first = whole ? step : 0;
  for (let start = 0; start < map.length; start += n * inner) {
    for (let lane = start; lane < start + inner; lane += 1) {
      for (let i = 0; i < n; i += 1) {
        let sum = 0;
        for (let m = 0; m < weights.length; m += 1) sum += weights[m] * map[lane + modulo(i - first - m, n) * inner];
        out[lane + i * inner] = sum;
      }
    }
  }
  return out;
}

/** The value of a band-limited impulse at a distance, on a circle of n positions. @param {number} t @param {number} n */
function weight(t, n) {
  const turn = (Math.PI * t) / n;
  return Math.sin(Math.PI * t) / (n * (n % 2 ? Math.sin(turn) : Math.tan(turn)));
}

/**
 * What a map should become when its input moves, and which of its positions that is known of.
 * Where a map does not cover the input's torus evenly, what comes in over the seam was not there before.
 * @param {Float32Array} map
 * @param {number[]} size
 * @param {number[]} steps  in positions of the map
 * @param {number[]} turn  after how many of them the torus begins again
 */
export function followed(map, size, steps, turn) {
  const known = new Uint8Array(map.length).fill(1);
  const expected = steps.reduce((found, far, axis) => {
    if (near(turn[axis], size[axis])) return far ? along(found, size, axis, settled(far)) : found;
    const step = settled(modulo(far, turn[axis]));
    return goingRound(found, size, axis, step, turn[axis], known);
  }, map);
  return { expected, known };
}

/**
 * A map moved along one axis of a torus that it does not cover evenly.
 * @param {Float32Array} map
 * @param {number[]} size
 * @param {number} axis
 * @param {number} step  from 0 to less than `turn`
 * @param {number} turn
 * @param {Uint8Array} known  where it is not, this becomes 0
 */
function goingRound(map, size, axis, step, turn, known) {
  const inner = size.slice(axis + 1).reduce((count, one) => count * one, 1);
  const first = Math.min(Math.ceil(step), size[axis]);
  const ahead = along(map, size, axis, step);
  const behind = along(map, size, axis, settled(step - turn));
  return ahead.map((value, i) => {
    const n = Math.floor(i / inner) % size[axis];
    if (n < step && n + turn - step > size[axis] - 1) known[i] = 0;
    return n < first ? behind[i] : value;
  });
}

/** A step that is whole but for rounding is whole. @param {number} step */
function settled(step) {
  return near(step, Math.round(step)) ? Math.round(step) : step;
}

/** @param {number} one @param {number} other */
function near(one, other) {
  return Math.abs(one - other) < 1e-6;
}

/**
 * Squared difference of two maps where they can be compared, and the energy of the second without its mean.
 * @param {Float32Array} map
 * @param {Float32Array} expected
 * @param {Uint8Array} known
 */
export function compared(map, expected, known) {
  let [count, sum] = [0, 0];
  expected.forEach((value, i) => {
    count += known[i];
    sum += known[i] * value;
  });
  let [wrong, energy] = [0, 0];
  for (let i = 0; i < map.length; i += 1) {
    wrong += known[i] * (map[i] - expected[i]) ** 2;
    energy += known[i] * (expected[i] - sum / count) ** 2;
  }
  return { wrong, energy };
}
