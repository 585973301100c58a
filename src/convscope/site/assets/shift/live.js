/** The network behind the pages, where a server runs it; a folder of files has none. */

/**
 * @typedef {object} Live
 * @property {number[]} samples
 * @property {("native" | "circular")[]} ways
 * @property {number[]} stride  the total stride
 * @property {import("./types.js").ShownLayer[]} layers
 * @property {(sample: number, move: number[], way: string) => Promise<Answer>} ask
 */

/** @typedef {{maps: Float32Array[], shares: number[] | null}} Answer  one array of all units for each layer */

const AGAIN = 250; // milliseconds after which a busy network is asked again
const PATIENCE = 80; // times

/** Whether a server said that it runs the network. */
export function served() {
  return Boolean(place());
}

/** What may be asked. @returns {Promise<Live>} */
export async function live() {
  const about = await answer("about");
  return {
    ...about,
    async ask(sample, move, way) {
      const found = await answer(`maps?sample=${sample}&move=${move.join(",")}&way=${way}`);
      /** @type {Map<string, Float32Array>} */
      const maps = new Map(found.layers.map((/** @type {any} */ row) => [row.name, unpacked(row.values)]));
      return { maps: about.layers.map((/** @type {any} */ { name }) => maps.get(name)), shares: found.shares };
    },
  };
}

/** @param {string} words @returns {Promise<any>} */
async function answer(words) {
  for (let times = 0; times < PATIENCE; times += 1) {
    const response = await fetch(`${place()}${words}`);
    if (response.ok) return response.json();
    const { error } = await response.json().catch(() => ({ error: `it answered ${response.status}` }));
    if (response.status !== 503) throw new Error(error);
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  throw new Error("it is at work for another page");
}

function place() {
  return document.querySelector('meta[name="convscope-live"]')?.getAttribute("content");
}

/** @param {string} text little-endian float32 in base64 */
function unpacked(text) {
  return new Float32Array(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}
