/** Charts that were authored in Python, drawn by Vega; Vega is loaded when the first one comes near. */

import { h } from "./dom.js";
import { read } from "./load.js";

/** @typedef {(node: HTMLElement, spec: object, options: object) => Promise<unknown>} Embed */

/** @type {Promise<Embed> | undefined} */
let loading;

/** @returns {Promise<Embed>} */
function vega() {
  loading ??= import(new URL("../vega.js", import.meta.url).href).then(
    () => /** @type {any} */ (window).vegaEmbed,
  );
  return loading;
}

/**
 * A place for a chart; it keeps its height free from the start, so that nothing moves when it comes.
 * @param {string} name
 * @param {number} height pixels
 * @param {string} label what it shows, for those who do not see it
 */
export function chart(name, height, label) {
  const place = h("div", { class: "chart", role: "img", "aria-label": label });
  place.style.minHeight = `${height}px`;
  const near = new IntersectionObserver(
    async (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      near.disconnect();
      try {
        const [embed, spec] = await Promise.all([vega(), read(`chart-${name}`)]);
        const inner = h("div");
        place.replaceChildren(inner);
        await embed(inner, spec, { renderer: "svg", actions: false });
        for (const drawn of inner.querySelectorAll("svg")) drawn.setAttribute("aria-hidden", "true");
      } catch (error) {
        place.replaceChildren(h("p", { class: "note" }, `The chart could not be drawn: ${error}`));
      }
    },
    { rootMargin: "400px" },
  );
  near.observe(place);
  return place;
}
