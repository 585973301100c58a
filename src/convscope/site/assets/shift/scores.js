/** The classes that a sample may be taken for, now and before it was moved; and all its moves at a glance. */

import { fill, h } from "../base/dom.js";
import { paint } from "../samples/colour.js";
import { modulo } from "./torus.js";

/** @typedef {Awaited<ReturnType<typeof import("./kept.js").scoresOf>>} Kept */

/** @param {string[] | null | undefined} names @param {number} number */
export function className(names, number) {
  return names?.[number] ?? `class ${number}`;
}

/** @param {string[] | null | undefined} names of the classes */
export function scores(names) {
  const list = h("ol", { class: "classes" });
  const said = h("p", { class: "note", "aria-live": "polite" });
  return {
    node: h("div", {}, h("h2", {}, "What it is taken for"), list, said),
    /** @param {import("./types.js").Scores | null} now @param {import("./types.js").Scores | null} then */
    draw(now, then) {
      if (!now || !then) {
        delete said.dataset.same;
        said.textContent = "This network does not answer with scores of classes that can be compared, so none are shown here.";
        return fill(list);
      }
      const told = now.share(now.top) === null || then.classes.includes(now.top) ? then.classes : [...then.classes.slice(0, -1), now.top];
      fill(list, told.map((number) => h("li", { "aria-current": number === now.top ? "true" : null },
        h("span", {}, className(names, number)),
        h("span", { class: "value" }, percent(now.share(number) ?? 0)),
        h("span", { class: "meter" }, h("i", { style: `width: ${100 * (now.share(number) ?? 0)}%` }), h("b", { style: `left: ${100 * (then.share(number) ?? 0)}%` })))));
      const same = now.top === then.top;
      said.dataset.same = String(same);
      said.textContent = same
        ? `Still ${className(names, then.top)}. The mark on each bar is where it stood before the move.`
        : `Now ${className(names, now.top)}; unmoved it was ${className(names, then.top)}.`;
    },
  };
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(share > 0.0995 ? 0 : 1)} %`;
}

/**
 * One cell for each move within a total stride: how sure the network stays of the class that wins unmoved.
 * @param {import("./types.js").Moving} moving
 * @param {(move: number[]) => void} pick
 */
export function overview(moving, pick) {
  const canvas = h("canvas", { class: "coarse", role: "img" });
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const flat = moving.form === "plane" && moving.stride.length > 1;
  const place = h("div", { class: flat ? "all-moves" : "all-moves strips" }, canvas, mark);
  const caption = h("figcaption", {});
  const steps = moving.stride.map((r) => r * moving.per);
  const [rows, columns] = flat ? steps.slice(-2) : [moving.stride.length, Math.max(...steps)];
  if (flat) place.style.aspectRatio = `${columns} / ${rows}`;
  const lead = moving.stride.length - 2;

  /** The move of a cell. @param {number} row @param {number} column */
  function moveAt(row, column) {
    const move = moving.stride.map(() => 0);
    if (flat) {
      move[lead] = row / moving.per;
      move[lead + 1] = column / moving.per;
    } else move[row] = Math.min(column, steps[row] - 1) / moving.per;
    return move;
  }

  place.addEventListener("pointerdown", (event) => {
    const frame = canvas.getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    pick(moveAt(at((event.clientY - frame.top) / frame.height, rows), at((event.clientX - frame.left) / frame.width, columns)));
  });

  const node = h("figure", {}, h("h3", {}, "All moves of this sample, with circular padding"), place, caption);
  return {
    node,
    /** @param {import("./types.js").MovingSample | null} sample @param {Kept} kept @param {number[]} move @param {string[] | null | undefined} names */
    draw(sample, kept, move, names) {
      node.hidden = !kept || !sample;
      if (!kept || !sample) return;
      const then = kept.at(move.map(() => 0));
      const which = sample.classes?.indexOf(then.top) ?? -1;
      let changed = 0;
      let least = 1;
      const [stays, goes] = ["stays", "goes"].map(ink);
      paint(canvas, rows, columns, (row, column) => {
        if (!flat && column >= steps[row]) return [0, 0, 0, 0];
        const found = kept.at(moveAt(row, column));
        const share = which < 0 ? 1 : found.shares[which];
        if (found.top !== then.top) changed += 1;
        least = Math.min(least, share);
        const ink = found.top === then.top ? stays : goes;
        return [...ink, Math.round(40 + 215 * (found.top === then.top ? share : 1))];
      });
      const count = flat ? rows * columns : steps.reduce((sum, one) => sum + one, 0);
      const row = flat ? modulo(Math.round(move[lead] * moving.per), rows) : Math.max(0, move.findIndex((d) => d !== 0));
      const column = modulo(Math.round((flat ? move[lead + 1] : move[row]) * moving.per), flat ? columns : steps[row]);
      mark.style.left = `${(100 * (column + 0.5)) / columns}%`;
      mark.style.top = `${(100 * (row + 0.5)) / rows}%`;
      canvas.setAttribute("aria-label", `${changed} of ${count} moves change the class`);
      fill(caption, changed
        ? `${changed} of ${count} moves (accent) make it something other than ${className(names, then.top)}.`
        : `None of ${count} moves changes the class; ${className(names, then.top)} keeps at least ${percent(least)}. Paler is less sure.`,
        " Point at a cell to go there.");
    },
  };
}

/** The ink of a class as red, green, blue; the page itself need not be shown yet. @param {string} name */
function ink(name) {
  const probe = h("i", { class: name, hidden: true });
  document.body.append(probe);
  const css = getComputedStyle(probe).color;
  probe.remove();
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
