/** What the pages read, each file once. */

/** @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * Read `data/NAME.json`.
 * @param {string} name
 * @returns {Promise<any>}
 */
export function read(name) {
  return once(`data/${name}.json`, (response) => response.json());
}

/**
 * Read a file of numbers, little-endian float32.
 * @param {string} path
 * @returns {Promise<Float32Array>}
 */
export function numbers(path) {
  return once(path, async (response) => new Float32Array(await response.arrayBuffer()));
}

/**
 * Read a picture's brightness, row by row, 0 to 255.
 * @param {string} path
 * @returns {Promise<{width: number, height: number, values: Uint8ClampedArray}>}
 */
export function brightness(path) {
  return once(path, async (response) => {
    const picture = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, values: data.filter((_, i) => i % 4 === 0) };
  });
}

/** @type {Map<string, Promise<ImageBitmap>>} */
const sheets = new Map();

/**
 * Read the brightness of one tile of a sheet, row by row, 0 to 255.
 * @param {import("../types.js").Sheet} sheet
 * @param {number} i
 * @returns {Promise<Uint8ClampedArray>}
 */
export async function brightnessOf({ pictures, per, tile: [high, wide], columns }, i) {
  const path = pictures[Math.floor(i / per)];
  const known = sheets.get(path) ?? fetch(path).then(async (response) => createImageBitmap(await response.blob(), { colorSpaceConversion: "none" }));
  known.catch(() => sheets.delete(path));
  sheets.set(path, known);
  const place = i % per;
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(wide, high).getContext("2d"));
  context.drawImage(await known, -(place % columns) * wide, -Math.floor(place / columns) * high);
  return context.getImageData(0, 0, wide, high).data.filter((_, i) => i % 4 === 0);
}

/**
 * @template T
 * @param {string} path
 * @param {(response: Response) => Promise<T>} open
 * @returns {Promise<T>}
 */
function once(path, open) {
  const known = loaded.get(path);
  if (known) return known;
  const promise = fetch(path).then((response) => {
    if (!response.ok) throw new Error(`${path} could not be read (${response.status})`);
    return open(response);
  });
  promise.catch(() => loaded.delete(path));
  loaded.set(path, promise);
  return promise;
}
