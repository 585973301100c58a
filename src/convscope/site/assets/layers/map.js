/** The network as a map: input at the top, a block per row, wide for channels, high for resolution. */

import { fill, h, svg } from "../base/dom.js";
import { counted, shape } from "../base/numbers.js";
import { arrange } from "./lanes.js";

/** @typedef {import("./fold.js").Row} Row */
/** @typedef {import("../types.js").Layer} Layer */

const WIDEST = 104; // pixels
const HIGHEST = 26;
const GAP = 9;
const ASIDE = 7; // between lanes
const LEAST = 24; // a row's height, so that its name can be read

/** @type {Record<string, string>} */
const HUES = {
  conv: "--weights", linear: "--violet", pool: "--locality", add: "--grouping", mul: "--grouping",
  cat: "--grouping", attention: "--accent", matmul: "--accent",
};

/** What the hues mean: each with the words for it. */
const WORDS = /** @type {const} */ ([
  ["--weights", "convolution"], ["--locality", "pooling"], ["--grouping", "where branches meet"],
  ["--violet", "linear"], ["--accent", "attention"],
]);

/** The hues that a network's map has, and what they mean. @param {Layer[]} layers */
export function legend(layers) {
  const present = new Set(layers.map((layer) => HUES[layer.kind]));
  return [...WORDS.filter(([hue]) => present.has(hue)), /** @type {const} */ (["--quiet", "everything else, and folded stages"])];
}

/** @param {number[]} input @param {Layer[]} layers */
export function scales(input, layers) {
  const channels = Math.max(...layers.map((layer) => layer.output[0] ?? 1), input[0]);
  const side = (/** @type {number[]} */ sizes) =>
    sizes.length > 1 ? sizes.slice(1).reduce((all, n) => all * n, 1) ** (1 / (sizes.length - 1)) : 1;
  const largest = Math.max(side(input), 2);
  return {
    /** @param {number[]} sizes */
    width: (sizes) => Math.max(5, WIDEST * Math.sqrt((sizes[0] ?? 1) / channels)),
    /** @param {number[]} sizes */
    height: (sizes) => 4 + (HIGHEST - 4) * Math.min(1, Math.log2(side(sizes) + 1) / Math.log2(largest + 1)),
  };
}

/**
 * @param {number[]} input
 * @param {Layer[]} layers
 * @param {Row[]} rows
 * @param {{select: (name: string) => string, toggle: (path: string) => void}} how  `select` gives an address
 */
export function map(input, layers, rows, { select, toggle }) {
  const scale = scales(input, layers);
  const drawn = rows.filter((row) => !row.open);
  const owner = new Map(drawn.flatMap(({ part }, i) => part.layers.map((layer) => /** @type {const} */ ([layer.name, i + 1]))));
  const reads = [[], ...drawn.map(({ part }, i) => {
    const sources = part.layers.flatMap((layer) => layer.feeds_from.map((name) => (name === "input" ? 0 : owner.get(name) ?? -1)));
    return [...new Set(sources)].filter((row) => row >= 0 && row < i + 1).sort((a, b) => a - b);
  })];
  const { lanes, edges, width } = arrange(reads);
  const sizes = [input, ...drawn.map(({ part }) => part.layers[part.layers.length - 1].output)];
  const widths = sizes.map(scale.width);
  const heights = sizes.map(scale.height);
  const centres = laneCentres(width, spans(lanes, edges, widths));

  const list = h("ol", { class: "rows" });
  /** @type {number[]} */
  const middles = [];
  let y = 0;
  const items = [h("li", { class: "row start" }, h("span", {}, "input", h("small", {}, shape(input))))];
  const high = (/** @type {number} */ i) => Math.max(LEAST, heights[i] + GAP);
  items[0].style.height = `${high(0)}px`;
  middles.push(high(0) / 2);
  y = high(0);
  let place = 0;
  for (const row of rows) {
    const { part } = row;
    const stage = part.parts.length > 0;
    const item = h("li", { class: stage ? `row fold${row.open ? " open" : ""}` : "row", style: `--depth: ${part.depth}` });
    if (row.open) {
      item.style.height = `${LEAST}px`;
      fill(item, heading(row, toggle));
      y += LEAST;
    } else {
      place += 1;
      item.style.height = `${high(place)}px`;
      middles.push(y + high(place) / 2);
      y += high(place);
      const last = part.layers[part.layers.length - 1];
      fill(item, stage ? heading(row, toggle)
        : h("a", { href: select(part.path), "data-layer": part.path }, h("span", {}, part.label, /(^|\.)\d+$/.test(part.path) ? h("i", {}, last.kind) : null), h("small", {}, shape(last.output))));
    }
    items.push(item);
  }
  fill(list, items);
  const right = Math.max(...lanes.map((lane, i) => centres[lane] + widths[i] / 2), ...centres) + 2;
  const tops = middles.map((middle, i) => middle - heights[i] / 2);
  const lasts = new Set(new Map(edges.map((edge, i) => [edge.from, i])).values());
  const picture = svg("svg", { width: right, height: y, viewBox: `0 0 ${right} ${y}`, "aria-hidden": "true" },
    edges.map((edge, i) => svg("path", { d: path(edge, lasts.has(i), { lanes, centres, middles, heights, tops }) })),
    sizes.map((_, i) => block(i, i ? drawn[i - 1] : null, centres[lanes[i]] - widths[i] / 2, tops[i], widths[i], heights[i])));
  const node = h("div", { class: "map", style: `--graph: ${right}px` }, picture, list);
  node.addEventListener("keydown", walk);
  return node;
}

/** @param {Row} row @param {(path: string) => void} toggle */
function heading({ part, open }, toggle) {
  const last = part.layers[part.layers.length - 1];
  return h("button", { type: "button", "aria-expanded": String(open), "data-stage": part.path, onclick: () => toggle(part.path) },
    h("span", {}, part.label),
    h("small", {}, open ? "" : `${counted(part.layers.length, "layer")} · ${shape(last.output)}`));
}

/**
 * How wide each row is in each lane: a block, or a branch that passes by.
 * @param {number[]} lanes @param {import("./lanes.js").Edge[]} edges @param {number[]} widths
 */
function spans(lanes, edges, widths) {
  const rows = lanes.map((lane, row) => new Map([[lane, widths[row]]]));
  for (const { from, to, moves } of edges) {
    let lane = moves[0].lane;
    for (let row = from + 1; row < to; row += 1) {
      lane = moves.findLast((move) => move.row <= row)?.lane ?? lane;
      if (!rows[row].has(lane)) rows[row].set(lane, 2);
    }
  }
  return rows;
}

/** Lanes as close as their neighbours allow. @param {number} count @param {Map<number, number>[]} rows */
function laneCentres(count, rows) {
  /** @type {number[]} */
  const centres = [];
  for (let lane = 0; lane < count; lane += 1) {
    let x = lane ? centres[lane - 1] + 6 : 0;
    for (const row of rows) {
      const own = row.get(lane);
      if (own === undefined) continue;
      for (const [other, wide] of row) if (other < lane) x = Math.max(x, centres[other] + (wide + own) / 2 + ASIDE);
    }
    centres.push(x);
  }
  const left = Math.min(...rows.flatMap((row) => [...row].map(([lane, wide]) => centres[lane] - wide / 2)));
  return centres.map((x) => x - left);
}

/**
 * @param {number} i @param {Row | null} row
 * @param {number} x @param {number} y @param {number} width @param {number} height
 */
function block(i, row, x, y, width, height) {
  const kind = row?.part.layers[0].kind ?? "";
  const stage = (row?.part.parts.length ?? 0) > 0;
  const rect = svg("rect", { x, y, width, height, rx: 2, class: i ? (stage ? "folded" : "") : "start" });
  rect.style.setProperty("--hue", `var(${stage ? "--quiet" : HUES[kind] ?? "--quiet"})`);
  return rect;
}

/**
 * Down the lane, aside where the lane is given away, and into the block that reads it. A row's last
 * reader draws the way; those before it only the turn into their block, for lines drawn twice are bold.
 * @param {import("./lanes.js").Edge} edge
 * @param {boolean} whole
 * @param {{lanes: number[], centres: number[], middles: number[], heights: number[], tops: number[]}} at
 */
function path({ from, to, moves }, whole, { lanes, centres, middles, heights, tops }) {
  let x = centres[moves[whole ? 0 : moves.length - 1].lane];
  let d = `M${x} ${whole ? middles[from] + heights[from] / 2 : tops[to] - GAP}`;
  const bend = (/** @type {number} */ target, /** @type {number} */ start, /** @type {number} */ end) => {
    const middle = (start + end) / 2;
    d += `V${start}C${x} ${middle} ${target} ${middle} ${target} ${end}`;
    x = target;
  };
  for (const { row, lane } of whole ? moves.slice(1) : []) bend(centres[lane], tops[row] - GAP, middles[row]);
  const target = centres[lanes[to]];
  if (x !== target) bend(target, tops[to] - GAP, tops[to]);
  return `${d}V${tops[to]}`;
}

/** Arrow keys walk along the map. @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const map = /** @type {HTMLElement} */ (event.currentTarget);
  const stops = /** @type {HTMLElement[]} */ ([...map.querySelectorAll("a, button")]);
  const here = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (here < 0) return;
  const stage = stops[here].getAttribute("aria-expanded");
  if ((event.key === "ArrowRight" && stage === "false") || (event.key === "ArrowLeft" && stage === "true")) {
    event.preventDefault();
    stops[here].click();
  } else if (step) {
    event.preventDefault();
    stops[here + step]?.focus();
  }
}
