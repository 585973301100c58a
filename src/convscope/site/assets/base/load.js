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
 * Read the brightness of a part of a picture, row by row, 0 to 255. The parts are numbered row by row,
 * through all the pictures if there are several.
 * @param {{pictures: string[], tile: [number, number], columns: number}} sheet
 * @param {number} part
 * @returns {Promise<Uint8ClampedArray>}
 */
export async function brightnessOf({ pictures, tile: [high, wide], columns }, part) {
  const open = (/** @type {string} */ path) => {
    const known = sheets.get(path) ?? fetch(path).then(async (response) => createImageBitmap(await response.blob(), { colorSpaceConversion: "none" }));
    known.catch(() => sheets.delete(path));
    sheets.set(path, known);
    return known;
  };
  const each = columns * Math.max(1, Math.floor((await open(pictures[0])).height / high));
  const sheet = await open(pictures[Math.floor(part / each)]);
  const place = part % each;
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(wide, high).getContext("2d"));
  context.drawImage(sheet, -(place % columns) * wide, -Math.floor(place / columns) * high);
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
