/** Start: read what the site is about, then show the page that the address names. */

import { open as about } from "./about/page.js";
import { fill, h, say } from "./base/dom.js";
import { read } from "./base/load.js";
import { counted } from "./base/numbers.js";
import { parse } from "./base/route.js";
import { open as ideas } from "./ideas/page.js";
import { open as layers } from "./layers/page.js";
import { open as learning } from "./learning/page.js";
import { open as receptive } from "./receptive/page.js";
import { open as sharing } from "./sharing/page.js";
import { open as shift } from "./shift/page.js";
import { open as unit } from "./units/page.js";

/** @typedef {import("./types.js").Page} Page */
/** @typedef {import("./types.js").Site} Site */

/** @type {Record<string, {name: string, open: (site: Site) => Promise<Page>}>} */
const PAGES = {
  "": { name: "Why it works", open: ideas },
  sharing: { name: "Parameters", open: sharing },
  layers: { name: "Layers", open: layers },
  receptive: { name: "Receptive field", open: receptive },
  shift: { name: "Shift", open: shift },
  learning: { name: "Learning", open: learning },
  about: { name: "About", open: about },
};
/** Pages of what a page's path names: `layers/NAME/UNIT`. @type {Record<string, typeof PAGES[string]>} */
const UNDER = { layers: { name: "unit", open: unit } };
const WAIT = 200; // milliseconds after which a wait is explained

const header = /** @type {HTMLElement} */ (document.getElementById("header"));
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
/** @type {Map<string, Promise<Page>>} */
const opened = new Map();
/** @type {string | null} */
let shown = null;

/** @param {Site} site */
function head(site) {
  const links = Object.entries(PAGES).map(([page, { name }]) =>
    h("a", { href: `#/${page}`, "data-page": page }, name),
  );
  const samples = site.data ? ` · data of ${counted(site.data.count, "sample")}` : "";
  const what = `${site.network.name}${samples} · ${site.network.dtype ?? "float32"}`;
  fill(
    header,
    h("a", { class: "brand", href: "#/" }, "convscope"),
    h("nav", { "aria-label": "Pages" }, links),
    h("span", { class: "which" }, what),
  );
}

/** The page of an address: `layers/NAME/UNIT` is not a state of `layers`. @param {import("./types.js").Route} route */
function named({ page, path }) {
  return path.length > 1 && page in UNDER ? { key: UNDER[page].name, known: UNDER[page] } : { key: page, known: PAGES[page] };
}

/** @param {Site} site */
async function show(site) {
  const route = parse(location.hash);
  const { key, known } = named(route);
  if (!known) {
    fill(main, h("article", {}, h("h1", {}, "No such page"), lost(location.hash)));
    shown = null;
    return;
  }
  for (const link of header.querySelectorAll("[data-page]")) {
    if (link.getAttribute("data-page") === route.page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const waiting = setTimeout(() => {
    if (shown !== key) fill(main, h("p", { class: "boot" }, `Reading ${known.name} …`));
  }, WAIT);
  try {
    const coming = opened.get(key) ?? known.open(site);
    opened.set(key, coming);
    const page = await coming;
    if (named(parse(location.hash)).key !== key) return clearTimeout(waiting); // someone was faster
    await page.update(parse(location.hash));
    clearTimeout(waiting);
    if (named(parse(location.hash)).key !== key) return;
    document.title = `${page.title} · ${site.network.name} · convscope`;
    if (shown !== key) reveal(page, shown !== null);
    shown = key;
    main.dataset.page = key;
    main.dataset.at = location.hash; // the state that is shown in full
  } catch (error) {
    clearTimeout(waiting);
    opened.delete(key);
    shown = null;
    fill(main, h("article", {}, h("h1", {}, "This page could not be read"), h("p", {}, `${error}`)));
  }
}

/** @param {Page} page @param {boolean} moved whether another page was there before */
function reveal(page, moved) {
  fill(main, page.node);
  if (!moved) return;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  say(page.title);
}

/** @param {string} address */
function lost(address) {
  return h("p", { class: "lead" }, `Nothing is at ${address}. `, h("a", { href: "#/" }, "Start over"), ".");
}

try {
  /** @type {Site} */
  const site = await read("site");
  head(site);
  addEventListener("hashchange", () => show(site));
  await show(site);
} catch (error) {
  fill(main, h("article", {}, h("h1", {}, "Nothing to show"), h("p", {}, `${error}`)));
}
