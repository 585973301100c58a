/** A layer's units as a grid of pictures: switched, sorted and filtered; each leads to the unit's page. */

import { fill, h } from "../base/dom.js";
import { counted, exact } from "../base/numbers.js";
import { go, href } from "../base/route.js";
import { changed, chosen } from "./choose.js";
import { controls } from "./controls.js";
import { gradually } from "./gradually.js";
import { unitsOf } from "./read.js";
import { background, trace } from "./tile.js";
import { hueOf, percent, reached } from "./words.js";

/** @typedef {import("./types.js").FeatureLayer} FeatureLayer */
/** @typedef {import("./types.js").LayerUnits} LayerUnits */

const MARKS = /** @type {Record<string, string>} */ ({ "dead on data": "dead on data", weak: "weak", failed: "failed" });

/** The unit that was looked at last: whoever comes back finds it again. */
export const visited = { layer: "", unit: -1 };

/**
 * @param {FeatureLayer} layer
 * @returns {Promise<{node: HTMLElement, update: (query: URLSearchParams) => void}>}
 */
export async function grid(layer) {
  const found = await unitsOf(layer);
  const { columns } = found;
  const faces = sheets(layer);
  const cells = h("div", { class: "units", role: "list" });
  const count = h("p", { class: "note", role: "status" });
  const none = h("p", { class: "note" });
  let query = new URLSearchParams();
  const draw = gradually(cells);
  const move = (/** @type {Record<string, string | null>} */ change) =>
    go(href("layers", [layer.name], changed(query, change)), { replace: true });
  const dials = controls(columns, faces.map(([name]) => name), move);
  const node = h("section", { class: "grid" }, dials.node, count, cells, none);
  cells.addEventListener("keydown", walk);

  /** @param {URLSearchParams} next */
  function update(next) {
    query = next;
    const rows = chosen(columns, query);
    dials.update(query);
    count.textContent = rows.length === columns.unit.length
      ? `${counted(rows.length, "unit")}${layer.measured < layer.units ? ` measured of ${exact(layer.units)}` : ""}. The bar under a picture is the level of its label.`
      : `${exact(rows.length)} of ${counted(columns.unit.length, "unit")}`;
    const [name, sheet] = faces.find(([name]) => name === query.get("show")) ?? faces[0] ?? ["", null];
    const place = sheet ? background(sheet, columns.unit.length) : null;
    cells.className = `units${place?.coarse ? " coarse" : ""}`;
    cells.style.setProperty("--ratio", place?.ratio ?? (columns.trace ? "2" : "1"));
    const to = changed(query, {});
    const last = visited.layer === layer.name ? rows.findIndex((row) => columns.unit[row] === visited.unit) : -1;
    draw(rows.length, (i) => cell(found, rows[i], { place, synthesised: name === "synthesised", first: i === 0, address: href("layers", [layer.name, String(columns.unit[rows[i]])], to) }), last + 1);
    fill(none, rows.length ? null : ["No unit is like this. ", h("a", { href: href("layers", [layer.name]) }, "Show all"), "."]);
    if (visited.layer === layer.name) comeBack();
  }

  function comeBack() {
    const link = cells.querySelector(`[data-unit="${visited.unit}"]`);
    visited.layer = "";
    // After the page has been put in its place.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (!(link instanceof HTMLElement)) return;
      link.scrollIntoView({ block: "center" });
      link.focus({ preventScroll: true });
    }));
  }

  return { node, update };
}

/** The pictures that a layer's units can be shown by. @param {FeatureLayer} layer @returns {[string, import("./types.js").Sheet][]} */
function sheets({ sheets: { synthesis, exemplars } = {} }) {
  /** @type {[string, import("./types.js").Sheet | null | undefined][]} */
  const all = [["synthesised", synthesis], ["exemplars", exemplars]];
  return /** @type {[string, import("./types.js").Sheet][]} */ (all.filter(([, sheet]) => sheet));
}

/**
 * @param {LayerUnits} found
 * @param {number} row
 * @param {{place: ReturnType<typeof background> | null, synthesised: boolean, first: boolean, address: string}} how
 */
function cell({ columns }, row, { place, synthesised, first, address }) {
  const unit = columns.unit[row];
  const status = columns.status[row];
  const label = columns.label?.[row];
  const [density, reach] = [columns.density?.[row], columns.percent?.[row]];
  const told = [
    `unit ${unit}`,
    label,
    status === "ok" ? null : status,
    typeof density === "number" ? `fires on ${percent(density)} of samples` : null,
    typeof reach === "number" ? `its picture reaches ${reached(reach)} of the natural maximum` : null,
  ].filter(Boolean).join(", ");
  const mark = MARKS[status];
  const blank = status === "dead on data" || (synthesised && status === "failed");
  const picture = h("span", { class: blank ? "face blank" : "face" }, mark ? h("i", {}, mark) : null);
  if (place && !blank) place.on(picture, row);
  const ends = place || blank ? null : columns.trace?.[row];
  if (ends) picture.prepend(trace(ends));
  else if (!place && !mark) picture.append(h("i", {}, label ?? ""));
  return h("div", { role: "listitem" },
    h("a", { href: address, "data-unit": unit, "aria-label": told, title: told, tabindex: first ? 0 : -1, style: `--hue: var(${hueOf(columns.level?.[row])})` },
      picture, h("small", {}, unit)));
}

/** Arrow keys walk among the pictures, as they lie. @param {KeyboardEvent} event */
function walk(event) {
  const cells = /** @type {HTMLElement} */ (event.currentTarget);
  const links = /** @type {HTMLElement[]} */ ([...cells.querySelectorAll("a")]);
  const here = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const wide = getComputedStyle(cells).gridTemplateColumns.split(" ").length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -here, End: links.length - 1 - here }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const next = links[here + step];
  if (!next) return;
  links[here].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
