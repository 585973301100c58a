/** Numbers as a reader wants them. Counts are exact (`bigint` beyond 2^53), comparisons are short. */

const whole = new Intl.NumberFormat("en");

/** @param {number | bigint} count */
export function exact(count) {
  return whole.format(count);
}

/**
 * A factor with the digits to compare it by: ×44,601, ×18.5, ×1.
 * @param {number} factor
 */
export function times(factor) {
  if (factor > 0 && factor < 0.995) return `÷${magnitude(1 / factor)}`;
  return `×${magnitude(factor)}`;
}

/** @param {number} value */
function magnitude(value) {
  if (value >= 1e15) return powers(value);
  return value >= 99.5 ? whole.format(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** @param {number} value */
function powers(value) {
  const exponent = Math.floor(Math.log10(value));
  const digits = [...String(exponent)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${(value / 10 ** exponent).toFixed(2)} × 10${digits}`;
}

/**
 * Two exact counts compared, without losing digits that a `number` cannot hold.
 * @param {bigint} more
 * @param {bigint} fewer
 */
export function ratio(more, fewer) {
  if (fewer === 0n) return Number.NaN;
  const scaled = (more * 1_000_000n) / fewer;
  return Number(scaled) / 1e6;
}

/**
 * A short count for tables: 14,112; 171.9 M; 1.71 × 10¹².
 * @param {number} count
 */
export function short(count) {
  if (count < 1e6) return whole.format(count);
  if (count < 1e9) return `${(count / 1e6).toPrecision(4)} M`;
  if (count < 1e12) return `${(count / 1e9).toPrecision(4)} G`;
  return powers(count);
}

/** @param {bigint | number} count */
export function bytes(count) {
  let size = Number(count);
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

/** @param {readonly (number | bigint)[]} sizes */
export function shape(sizes) {
  return sizes.length ? sizes.map((size) => whole.format(size)).join(" × ") : "one number";
}

/** Sizes along axes that need not be whole. @param {readonly number[]} sizes */
export function across(sizes) {
  return sizes.map((size) => whole.format(Number(size.toPrecision(4)))).join(" × ");
}

/** The same, said once where all axes agree. @param {readonly number[]} sizes */
export function once(sizes) {
  return across(sizes.every((size) => size === sizes[0]) ? sizes.slice(0, 1) : sizes);
}

/** @param {readonly number[]} values */
export function product(values) {
  return values.reduce((total, value) => total * value, 1);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}
