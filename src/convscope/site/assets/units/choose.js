/** Which units are shown, and in which order: the address says it, the columns decide it. */

/** @typedef {import("../types.js").Columns} Columns */

/** What a grid can be sorted by: its words, the column, and whether the largest comes first. */
export const SORTS = /** @type {const} */ ([
  ["", "unit", "unit", false],
  ["activation", "strongest response", "natural_max", true],
  ["percent", "synthesis, % of natural", "percent", true],
  ["density", "how often it fires", "density", true],
  ["label", "label", "label", false],
  ["family", "tuning family", "family", false],
]);

/** Ranges of how often a unit fires: the least and the greatest share of samples. */
export const DENSITIES = /** @type {Record<string, {text: string, from: number, to: number}>} */ ({
  never: { text: "never", from: -1, to: 0 },
  rare: { text: "up to 1 %", from: 0, to: 0.01 },
  few: { text: "1 to 10 %", from: 0.01, to: 0.1 },
  some: { text: "10 to 50 %", from: 0.1, to: 0.5 },
  most: { text: "over 50 %", from: 0.5, to: 1 },
});

/** Quarters of the layer's units by their strongest response. */
export const STRENGTHS = /** @type {Record<string, string>} */ ({
  4: "strongest quarter", 3: "second quarter", 2: "third quarter", 1: "weakest quarter",
});

/** The filters that stand in an address, beside `show` and `sort`. */
export const FILTERS = ["label", "level", "family", "status", "density", "strength"];

/**
 * The rows of the columns that are shown, in their order.
 * @param {Columns} columns
 * @param {URLSearchParams} query
 * @returns {number[]}
 */
export function chosen(columns, query) {
  const rows = columns.unit.map((_, row) => row);
  const tests = FILTERS.filter((name) => query.get(name)).map((name) => test(name, /** @type {string} */ (query.get(name)), columns));
  const kept = rows.filter((row) => tests.every((passes) => passes(row)));
  const [, , column, falling] = SORTS.find(([name]) => name === query.get("sort")) ?? SORTS[0];
  const values = columns[column] ?? [];
  return kept.sort((a, b) => order(values[a], values[b], falling) || a - b);
}

/** @param {string} name @param {string} value @param {Columns} columns @returns {(row: number) => boolean} */
function test(name, value, columns) {
  if (name === "density") {
    const range = DENSITIES[value];
    return (row) => !range || between(columns.density?.[row], range);
  }
  if (name === "strength") {
    const quarter = quarters(columns.natural_max ?? []);
    return (row) => !(value in STRENGTHS) || quarter[row] === Number(value);
  }
  const values = /** @type {(string | number | null)[]} */ (columns[/** @type {"label" | "level" | "family" | "status"} */ (name)] ?? []);
  return (row) => String(values[row] ?? "none") === value;
}

/** @param {number | null | undefined} value @param {{from: number, to: number}} range */
function between(value, { from, to }) {
  return value !== null && value !== undefined && value > from && value <= to;
}

/** The quarter of each value, 1 to 4; nothing where there is no value. @param {(number | null)[]} values */
export function quarters(values) {
  const known = values.map((value, row) => ({ value, row })).filter(({ value }) => value !== null);
  known.sort((a, b) => Number(a.value) - Number(b.value) || a.row - b.row);
  const found = new Array(values.length).fill(null);
  known.forEach(({ row }, place) => {
    found[row] = 1 + Math.floor((4 * place) / known.length);
  });
  return found;
}

/** What is not known comes last. @param {string | number | null | undefined} a @param {string | number | null | undefined} b @param {boolean} falling */
function order(a, b, falling) {
  const none = (/** @type {unknown} */ value) => value === null || value === undefined || value === "unknown";
  if (none(a) || none(b)) return Number(none(a)) - Number(none(b));
  const sign = falling ? -1 : 1;
  return sign * (typeof a === "string" ? a.localeCompare(String(b)) : Number(a) - Number(b));
}

/** The query of a state with some of it changed; empty values leave it. @param {URLSearchParams} query @param {Record<string, string | null>} change */
export function changed(query, change) {
  return Object.fromEntries(Object.entries({ ...Object.fromEntries(query), ...change }).filter(([, value]) => value));
}
