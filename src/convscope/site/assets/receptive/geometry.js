/** Where a unit's field lies in the input, and which unit's field lies where. */

/** @typedef {import("../types.js").Field} Field */
/** @typedef {import("../types.js").Layer} Layer */

/** The field's size along each axis, by the path that stays local. @param {Field} field */
export function sizeOf(field) {
  return field.local_size ?? field.size;
}

/** Whether a unit sees a place rather than everything. @param {Field} field */
export function isLocal(field) {
  return sizeOf(field).every((size) => size !== null && Number.isFinite(size)) && field.start.every((at) => at !== null);
}

/**
 * How many units a layer has along each axis of the input; empty where it has none left.
 * @param {Layer | undefined} layer
 * @param {Field} field
 */
export function units(layer, field) {
  const counts = layer?.output.slice(1) ?? [];
  return counts.length === field.size.length ? counts : [];
}

/**
 * What a unit sees: from lo to hi, hi not included; parts may lie outside the input.
 * @param {Field} field
 * @param {number[]} unit
 */
export function boxOf(field, unit) {
  const size = sizeOf(field);
  const lo = field.start.map((from, i) => from + (unit[i] ?? 0) * field.stride[i]);
  return { lo, hi: lo.map((from, i) => from + size[i]) };
}

/**
 * The unit whose field is centred nearest to a position.
 * @param {Field} field
 * @param {number[]} counts
 * @param {number[]} position
 */
export function unitAt(field, counts, position) {
  return counts.map((count, i) => {
    const centre = field.start[i] + (sizeOf(field)[i] - 1) / 2;
    const unit = Math.round((Math.floor(position[i]) - centre) / (field.stride[i] || 1));
    return Math.min(count - 1, Math.max(0, unit));
  });
}

/** The input position at a unit's centre. @param {Field} field @param {number[]} unit */
export function centreOf(field, unit) {
  const { lo, hi } = boxOf(field, unit);
  return lo.map((from, i) => Math.floor((from + hi[i] - 1) / 2));
}

/** @param {number[]} lo @param {number[]} hi @param {number[]} space */
export function outside(lo, hi, space) {
  return lo.some((from, i) => from < 0 || hi[i] > space[i]);
}
