/** Long networks folded by stage: layers that share a module path become one row until it is opened. */

/** @typedef {import("../types.js").Layer} Layer */

/**
 * A part of the network: one layer, or a run of layers under one module path.
 * @typedef {object} Part
 * @property {string} path  unique: the layer's name, or the module's path (`#2` for its second run)
 * @property {Layer[]} layers
 * @property {Part[]} parts  empty for a layer
 * @property {number} depth
 */

/** @typedef {{part: Part, open: boolean}} Row */

const ENOUGH = 34; // rows that still read as one picture

/** @param {Layer[]} layers @returns {Part[]} */
export function partsOf(layers) {
  return group(layers, 0, new Map());
}

/**
 * @param {Layer[]} layers
 * @param {number} depth
 * @param {Map<string, number>} runs
 * @returns {Part[]}
 */
function group(layers, depth, runs) {
  /** @type {{path: string | null, layers: Layer[]}[]} */
  const found = [];
  for (const layer of layers) {
    const steps = layer.name.split(".");
    const path = steps.length > depth + 1 ? steps.slice(0, depth + 1).join(".") : null;
    const last = found.at(-1);
    if (path !== null && last?.path === path) last.layers.push(layer);
    else found.push({ path, layers: [layer] });
  }
  return found.flatMap(({ path, layers: run }) => {
    if (path === null || run.length === 1) {
      return run.map((layer) => ({ path: layer.name, layers: [layer], parts: [], depth }));
    }
    const inner = group(run, depth + 1, runs);
    if (inner.length === 1) return inner;
    const times = (runs.get(path) ?? 0) + 1;
    runs.set(path, times);
    return [{ path: times === 1 ? path : `${path}#${times}`, layers: run, parts: inner, depth }];
  });
}

/**
 * The parts that are open without being asked: level after level, while the whole stays one picture.
 * @param {Part[]} parts
 * @returns {Set<string>}
 */
export function openAtFirst(parts) {
  const open = new Set();
  let rows = parts.length;
  for (let level = parts; level.length; ) {
    const stages = level.filter((part) => part.parts.length);
    const more = stages.reduce((sum, part) => sum + part.parts.length, 0);
    if (!stages.length || rows + more > ENOUGH) break;
    stages.forEach((part) => open.add(part.path));
    rows += more;
    level = stages.flatMap((part) => part.parts);
  }
  return open;
}

/**
 * The rows to draw, in the order in which they run. An opened stage keeps its own row as a heading.
 * @param {Part[]} parts
 * @param {Set<string>} open
 * @returns {Row[]}
 */
export function rowsOf(parts, open) {
  return parts.flatMap((part) => {
    const isOpen = part.parts.length > 0 && open.has(part.path);
    return [{ part, open: isOpen }, ...(isOpen ? rowsOf(part.parts, open) : [])];
  });
}

/** The stages around a layer, outermost first. @param {Part[]} parts @param {string} name @returns {string[]} */
export function around(parts, name) {
  for (const part of parts) {
    if (part.parts.length && part.layers.some((layer) => layer.name === name)) {
      return [part.path, ...around(part.parts, name)];
    }
  }
  return [];
}
