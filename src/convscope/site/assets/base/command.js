/** Commands about the network behind the pages, as one types them to measure the same one. */

import { h } from "./dom.js";

/**
 * @param {import("../types.js").Site} site
 * @param {string} text  the command; its MODEL is the network, with the options that were given with it
 * @param {string} [model]  the network where a command takes other options
 * @returns {(HTMLElement | string | null)[]}
 */
export function command(site, text, model = site.network.model) {
  const left = text.includes("MODEL") && model.endsWith("…");
  return [h("code", {}, text.replace("MODEL", () => model)), left ? ", with the same options as before," : null];
}
