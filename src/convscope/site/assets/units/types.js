/**
 * The shapes of what is read of units. Only the type checker loads this file.
 *
 * Tiles of one size, row by row; `per` in a picture, then in the next.
 * @typedef {{pictures: string[], per: number, tile: [number, number], columns: number}} Sheet
 * @typedef {{synthesis?: Sheet | null, exemplars?: Sheet | null, all?: Sheet | null, maps?: Sheet | null}} Sheets
 *
 * @typedef {{mean: number, interval: [number, number]}} Score
 *
 * @typedef {object} FeatureLayer
 * @property {string} name
 * @property {number} index
 * @property {number} units
 * @property {number} measured
 * @property {number[]} map
 * @property {number[]} field
 * @property {Record<string, number>} families
 * @property {Record<string, number>} levels
 * @property {number} unknown
 * @property {number} dead
 * @property {Record<string, number>} [statuses]
 * @property {{name: string, level: number, units: number}[]} labels  most common first
 * @property {{exemplars?: Score | null, synthesis?: Score | null, untrained?: Score | null} | null} [trust]
 * @property {string} [data]  what to read of its units; absent where they have no document
 * @property {number[]} [listed]  the units that were measured, where not all were
 * @property {Sheets} [sheets]
 * @property {string[]} [kinds]  of pictures made, of some of its units at least
 *
 * @typedef {{name: string, layer: string, by: string, units: number[], values: number[]}} Family
 *
 * @typedef {object} FeaturesDocument
 * @property {FeatureLayer[]} layers
 * @property {Family[]} [equivariant]
 * @property {import("../types.js").Protocol} [protocol]
 *
 * What was found of each unit, one value a unit; what was found of none is absent.
 * @typedef {object} Columns
 * @property {number[]} unit
 * @property {string[]} status
 * @property {(string | null)[]} [label]
 * @property {(number | null)[]} [level]
 * @property {(string | null)[]} [source]
 * @property {(string | null)[]} [family]
 * @property {(number | null)[]} [density]
 * @property {(number | null)[]} [natural_max]
 * @property {(number | null)[]} [percent]
 * @property {(number | null)[]} [group]
 * @property {(number[] | null)[]} [trace]
 *
 * @typedef {{layer: string, units: number, map: number[], field: number[], stride: number[], assumed?: string[], chunk: number, columns: Columns}} LayerUnits
 *
 * A sample that some unit shows; `tile` is its place in a sheet: left, top, width, height.
 * @typedef {Omit<import("../types.js").Sample, "index" | "picture"> & {picture?: string | null, tile?: number[] | null}} Shown
 *
 * @typedef {object} Firing
 * @property {number} sample
 * @property {number} value
 * @property {number[]} position
 * @property {[number, number][]} box
 * @property {number | null} [map]
 * @property {number} [decile]
 *
 * @typedef {object} Synthesis
 * @property {string} kind
 * @property {number | null} activation
 * @property {number | null} percent_of_natural
 * @property {string} status
 * @property {string} why
 * @property {number | null} tile
 * @property {string | null} [waveform]
 * @property {string | null} [sound]
 *
 * @typedef {{values: number[], responses: number[]}} Curve
 *
 * @typedef {object} Tuning
 * @property {string} family
 * @property {Record<string, number>} preferred
 * @property {number | null} [selectivity]
 * @property {number | null} [phase_invariance]
 * @property {number | null} [percent_of_natural]
 * @property {Record<string, number>} [best_by_family]
 * @property {Record<string, Curve>} [curves]
 *
 * @typedef {{name: string, source?: string, score: number, null99?: number, bits?: number, above_null?: boolean}} Other
 *
 * @typedef {object} Label
 * @property {string} name
 * @property {number | null} level
 * @property {string} source
 * @property {number | null} [precision]
 * @property {number | null} [recall]
 * @property {number | null} [score]
 * @property {number | null} [null99]
 * @property {{precision?: [number, number]} | null} [interval]
 * @property {Other[]} [others]  what else it may be, the likeliest first; where it is unknown, what came nearest
 *
 * @typedef {{shape: number[], values: number[]}} Kernel
 *
 * @typedef {object} Link
 * @property {string} layer
 * @property {number} unit
 * @property {number} norm
 * @property {number | null} [contribution]
 * @property {number | null} [ablation]
 * @property {Kernel | null} [kernel]
 *
 * @typedef {object} UnitDetail
 * @property {number} unit
 * @property {string} status
 * @property {number | null} natural_max
 * @property {number | null} [natural_min]
 * @property {number | null} [mean]
 * @property {number | null} [deviation]
 * @property {number | null} [density]
 * @property {Firing[]} [exemplars]
 * @property {Firing[]} [deciles]
 * @property {Firing[]} [lows]
 * @property {{edges: number[], share: number[]} | null} [histogram]
 * @property {Synthesis[]} [synthesis]
 * @property {Tuning | null} [tuning]
 * @property {Label | null} [label]
 * @property {number | null} [group]
 * @property {Link[]} [inputs]
 * @property {Link[]} [outputs]
 * @property {Kernel | null} [kernel]
 * @property {{exemplars?: number | null, synthesis?: number | null} | null} [trust]
 */

export {};
