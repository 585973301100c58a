/** Errors and shares in words. */

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
  return `${(100 * found).toFixed(1)} %`;
}

/** An interval. @param {[number, number] | undefined} ends @param {(value: number) => string} form */
export function between(ends, form = error) {
  return ends ? ` (${form(ends[0])} to ${form(ends[1])})` : "";
}
