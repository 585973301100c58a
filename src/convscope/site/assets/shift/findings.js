/** What was measured of moves: by depth, by cause, over all offsets, at the border, and after a repair. */

import { chart } from "../base/chart.js";
import { h } from "../base/dom.js";
import { counted, exact, once, shape } from "../base/numbers.js";
import { href } from "../base/route.js";
import { field } from "./field.js";
import { mended } from "./repair.js";
import { between, error, share, value } from "./words.js";

/** @typedef {import("./types.js").ShiftDocument} ShiftDocument */
/** @typedef {import("./types.js").Answers} Answers */
/** @typedef {import("../types.js").Site} Site */

/**
 * @param {ShiftDocument} found
 * @param {any} repair
 * @param {Site} site
 * @param {(move: number[]) => void} pick
 */
export function findings(found, repair, site, pick) {
  const phases = field(found, pick);
  const node = h("div", {},
    depth(found, site),
    still(found, site),
    phases?.node,
    answers(found),
    why(found, site),
    border(found),
    mended(repair, site));
  return { node, update: (/** @type {import("../types.js").Route} */ route) => phases?.update(route) };
}

/** @param {ShiftDocument} found @param {Site} site */
function depth(found, site) {
  const row = found.layers.find(({ name }) => name === found.last);
  const floor = found.protocol.floor;
  const exact = found.layers.some((one) => [one.aligned_error, one.unaligned_error, one.circular_error, one.subpixel_error].some((of) => of !== null && of <= 1e-8));
  return h("section", {}, h("h2", {}, "How far each layer follows"),
    h("p", { class: "prose" },
      "The map of the moved input is compared with the moved map of the input; the difference is given as a share of the map’s energy, so 0 is perfect and 2 is two maps that have nothing in common. ",
      row && row.unaligned_error !== null
        ? `At ${row.name}, the last layer whose units have places, a move by less than the total stride of ${once(row.total_stride)} costs ${error(row.unaligned_error)}${between(row.interval.unaligned_error)}`
          + (row.aligned_error !== null ? `, a move by a multiple of it ${error(row.aligned_error)}${between(row.interval.aligned_error)}.` : ".")
        : ""),
    site.charts.shift
      ? h("figure", {}, chart("shift", site.charts.shift, "Error of each layer under moves, by depth; the numbers are in the atlas’s tables"),
          h("figcaption", {}, "By multiples of its own stride a layer could follow exactly: what is left there is the border’s doing. By other whole pixels, strides and nonlinearities add theirs; on a torus they are alone. ",
            exact ? "On the lower edge lies what is exact. " : "",
            floor === null || floor === undefined ? "" : `Floor, from a network known to be exact: ${error(floor)}.`))
      : null);
}

/** @param {ShiftDocument} found @param {Site} site */
function still({ layers }, site) {
  const rows = layers.filter((row) => row.invariance !== null);
  if (!site.charts["shift-invariance"] || rows.length < 2) return null;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  return h("section", {}, h("h2", {}, "Invariance adds up"),
    h("p", { class: "prose" },
      "The same moves, seen the other way: by how much do the values at one place change when the input moves? As a share of how much they differ between samples, "
      + `it is ${value(first.invariance)} at ${first.name} and ${value(last.invariance)} at ${last.name}. `,
      Number(last.invariance) < Number(first.invariance)
        ? "Each pooling forgets the place inside its window, and the forgetting accumulates."
        : "Here it does not fall with depth: the claim of the lesson does not hold for this network."),
    h("figure", {}, chart("shift-invariance", site.charts["shift-invariance"], "Change of maps in place under moves, by depth"),
      h("figcaption", {}, "0 holds perfectly still; 1 changes as much as from one sample to another. Poolings and strides are marked.")));
}

/** @param {ShiftDocument} found */
function answers({ output, crops }) {
  if (!output) {
    return h("section", {}, h("h2", {}, "What it answers"),
      h("p", { class: "prose" }, "This network does not answer with one vector for each sample, so there are no classes to compare."));
  }
  /** @type {[keyof Answers & string, string, string, (value: number) => string][]} */
  const rows = [
    ["consistency", "same class at two offsets", "1 is perfect", share],
    ["flip_1px", "class changed by one position", "0 is perfect", share],
    ["accuracy", "right, over all offsets", "", share],
    ["worst_case_accuracy", "right at every offset looked at", "", share],
    ["fidelity", "right at both of two offsets", "", share],
    ["wobble", "largest less smallest probability", "0 is perfect", value],
    ["invariance", "change of the answers", "0 is perfect, 1 as between samples", value],
  ];
  const ways = [output, ...(crops ? [crops] : [])];
  const told = rows.filter(([name]) => ways.some((one) => one[name] !== null && one[name] !== undefined));
  return h("section", {}, h("h2", {}, "What it answers"),
    h("p", { class: "prose" },
      `${counted(output.samples, "sample")}, each shown at ${exact(output.offsets.looked_at)} of ${exact(output.offsets.of)} offsets. Moved round, nothing is new in the picture; `
      + "cropped from a larger canvas, something comes in at the border, as it does in the world: scores on the torus alone mislead."),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of answers" },
      h("table", {},
        h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, "moved round"), crops ? h("th", { scope: "col" }, "cropped elsewhere") : null)),
        h("tbody", {}, told.map(([name, said, perfect, form]) => h("tr", {},
          h("th", { scope: "row" }, said, perfect ? h("small", {}, ` ${perfect}`) : null),
          ways.map((one) => h("td", {}, one[name] === null || one[name] === undefined ? "–" : [form(/** @type {number} */ (one[name])), h("small", {}, between(one.interval[name], form))]))))))),
    h("p", { class: "note" }, `In brackets, 95 % intervals over samples. Protocols: ${ways.map((one) => one.protocol).join("; ")}. Floor: a network that is exact keeps every class and changes nothing: 1, 0 and 0.`));
}

/** @param {ShiftDocument} found @param {Site} site */
function why({ causes, testable }, site) {
  const title = h("h2", {}, "What breaks it");
  if (testable !== true) {
    return h("section", {}, title,
      h("p", { class: "prose untestable" }, h("b", {}, "Not testable exactly. "), `${sentence(testable.reason)} So the causes cannot be told apart here.`,
        testable.nearest_input ? ` The nearest input that can: ${shape(testable.nearest_input)}.` : " No other input size would help."));
  }
  if (!causes) return null;
  const { cells } = causes;
  return h("section", {}, title,
    h("p", { class: "prose" },
      `At ${causes.layer}, by cause: padding ${value(causes.padding)}, strides ${value(causes.stride)}, nonlinearities ${value(causes.nonlinearity)}; together ${value(causes.total)}, `
      + `and ${error(causes.leftover)} is left with all three taken out. Errors do not add, so each number is the mean over all orders of taking the causes out (Shapley values); they sum to the whole exactly.`),
    site.charts["shift-causes"]
      ? h("figure", {}, chart("shift-causes", site.charts["shift-causes"], "Error of layers by cause"),
          h("figcaption", {}, "What each cause adds to the error of a layer. A value below zero: with this cause taken out, the others do more harm."))
      : null,
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of causes" },
      h("table", { class: "cells" },
        h("thead", {}, h("tr", {}, h("th", {}, "error at ", causes.layer), h("th", { scope: "col" }, "multiples of the stride"), h("th", { scope: "col" }, "other moves"))),
        h("tbody", {},
          h("tr", {}, h("th", { scope: "row" }, "as it is"), h("td", {}, error(cells.native_aligned)), h("td", {}, error(cells.native_unaligned))),
          h("tr", {}, h("th", { scope: "row" }, "circular padding"), h("td", {}, error(cells.circular_aligned)), h("td", {}, error(cells.circular_unaligned)))))),
    h("p", { class: "note" }, "The lower left must be 0 by theorem, and is the floor of the others. The upper left is padding alone, the lower right sampling alone; ",
      cells.interaction === null ? "" : `beyond a sum, the four have ${value(cells.interaction)}.`));
}

/** @param {ShiftDocument} found */
function border({ boundary }) {
  const { uneven, halo, tile, reach } = boundary;
  const deep = reach[reach.length - 1];
  return h("section", {}, h("h2", {}, "The border"),
    h("ul", { class: "prose" },
      deep ? h("li", {}, deep.reach === null
        ? `The border changes ${deep.layer} everywhere: none of its units is far enough from it.`
        : `At ${deep.layer} the border is felt up to ${counted(deep.reach, "position")} into the input; ${share(deep.clear)} of its units do not feel it.`) : null,
      h("li", {}, uneven.length
        ? [`${counted(uneven.length, "layer")} ${uneven.length === 1 ? "does" : "do"} not read both borders alike: `, uneven.slice(0, 6).map((name, i) => [i ? ", " : "", h("a", { href: href("layers", [name]) }, name)]), uneven.length > 6 ? " …" : "", "."]
        : "Every window reads both borders alike."),
      h("li", {}, halo
        ? `Tiles of a larger picture join without seams if they start at multiples of ${once(tile)} and are read with ${halo.map(([before, after]) => (before === after ? exact(before) : `${exact(before)} and ${exact(after)}`)).filter((one, i, all) => all.indexOf(one) === i).join(" × ")} more on each side.`
        : "Some layer reads the whole input, so no halo makes tiles join exactly.")));
}

/** @param {string} text */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}
