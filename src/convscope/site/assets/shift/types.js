/**
 * What was found about shifts. Only the type checker loads this file.
 *
 * @typedef {object} MovingLayer
 * @property {string} name
 * @property {number[]} stride
 * @property {number[]} size  positions of the map
 * @property {number[]} units
 * @property {number[]} low  per unit, the value of level 0
 * @property {number[]} high  per unit, the value of level 255
 * @property {number} differs
 * @property {number[][]} fine  shape of each fine map
 * @property {string[][]} pictures  per sample, the fine maps
 *
 * @typedef {{index: number, classes: number[] | null, scores: string | null}} MovingSample
 *
 * @typedef {object} Moving
 * @property {"plane" | "lines"} form
 * @property {number} per
 * @property {number[]} stride
 * @property {MovingLayer[]} layers
 * @property {MovingSample[]} samples
 *
 * @typedef {{name: string, stride: number[], size: number[], units: number[]}} ShownLayer
 *
 * @typedef {ShownLayer & {low: number[], high: number[], pictures: string[]}} NativeLayer
 *
 * @typedef {object} Native  the network as it is, at a handful of moves
 * @property {number[]} stride
 * @property {number[][]} moves
 * @property {NativeLayer[]} layers
 * @property {MovingSample[]} samples
 *
 * @typedef {object} Scores  what a sample is taken for
 * @property {number[]} classes  the likeliest
 * @property {number} top
 * @property {(number: number) => number | null} share  null of a class that was not kept
 *
 * @typedef {{maps: Float32Array[][], scores: Scores | null}} Shot  one move of one sample: maps by layer and unit
 *
 * @typedef {object} Source  where shots come from
 * @property {number[]} samples  their indices in the data
 * @property {ShownLayer[]} layers
 * @property {[number, number][][] | null} ranges  of each unit of each layer, over all moves
 * @property {(move: number[]) => number[]} locked  the nearest move that it has
 * @property {(move: number[], axis: number, far: number) => number[]} next  the move that is one step on
 * @property {(sample: number, move: number[]) => Promise<Shot>} at
 *
 * @typedef {[number, number]} Ends
 *
 * @typedef {object} ShiftLayer
 * @property {string} name
 * @property {string} kind
 * @property {number[]} total_stride
 * @property {number[]} period
 * @property {number | null} aligned_error
 * @property {number | null} unaligned_error
 * @property {number | null} alias_fraction
 * @property {number | null} subpixel_error
 * @property {number | null} circular_error
 * @property {number | null} started_error
 * @property {number | null} invariance
 * @property {number | null} floor
 * @property {Record<string, Ends>} interval
 * @property {{move: number[], error: number}[]} heat
 * @property {Record<string, number> | null} causes
 *
 * @typedef {object} Answers
 * @property {number | null} invariance
 * @property {number | null} consistency
 * @property {number | null} flip_1px
 * @property {number | null} wobble
 * @property {number | null} accuracy
 * @property {number | null} worst_case_accuracy
 * @property {number | null} fidelity
 * @property {Record<string, Ends>} interval
 * @property {string} protocol
 * @property {number} samples
 * @property {{looked_at: number, of: number, span: number[]}} offsets
 * @property {{move: number[], share: number}[]} flips
 *
 * @typedef {object} Causes
 * @property {string} layer
 * @property {number} padding
 * @property {number} stride
 * @property {number} nonlinearity
 * @property {number} total
 * @property {number} leftover
 * @property {number} samples
 * @property {Record<string, number | null>} cells
 *
 * @typedef {object} ShiftDocument
 * @property {import("../types.js").Protocol} protocol
 * @property {ShiftLayer[]} layers
 * @property {string | null} last
 * @property {Answers | null} output
 * @property {Answers | null} crops
 * @property {Causes | null} causes
 * @property {{uneven: string[], halo: Ends[] | null, tile: number[], reach: {layer: string, reach: number | null, clear: number}[]}} boundary
 * @property {true | {reason: string, nearest_input: number[] | null}} testable
 * @property {Moving | {reason: string}} [moving]
 * @property {Native | {reason: string}} [native]
 */

export {};
