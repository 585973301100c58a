/**
 * The shapes of what the page of idea 5 reads. Only the type checker loads this file.
 *
 * @typedef {[number, number]} Interval
 *
 * @typedef {object} Point
 * @property {string} net
 * @property {string} condition
 * @property {number} n
 * @property {number} mean
 * @property {Interval} interval
 * @property {number} train_mean
 * @property {number} gap
 * @property {Interval} gap_interval
 * @property {number | null} steps_to_threshold
 * @property {number} reached
 *
 * @typedef {{what: string, rule: string, estimate: number, interval: Interval, by_size: {n: number, estimate: number, interval: Interval}[], left_out?: number[]}} Part
 *
 * @typedef {object} Claim
 * @property {string} id
 * @property {string} statement
 * @property {string} threshold
 * @property {number} p_holm
 * @property {string} verdict
 * @property {Part[]} parts
 *
 * @typedef {object} Factor
 * @property {string} net
 * @property {string} than
 * @property {string} condition
 * @property {number} at_accuracy
 * @property {number} factor
 * @property {[number | null, number | null]} interval
 * @property {string | null} censored
 * @property {[number, number]} samples
 *
 * @typedef {Factor & {elsewhere?: Factor[]}} Equivalence
 *
 * @typedef {{net: string, condition: string, alpha: number, beta: number, gamma: number, beta_interval: Interval, at_edge: boolean}} PowerLaw
 *
 * @typedef {object} Timeline
 * @property {number[]} steps
 * @property {string} unit
 * @property {string} net
 * @property {number[]} shape  moments, filters, channels, and the kernel's sizes
 * @property {string} values  base64 of little-endian float32
 *
 * @typedef {object} Study
 * @property {{name: string, shape: number[], classes: string[], chance: number, bayes: number | null}} task
 * @property {Record<string, string>} nets
 * @property {Record<string, {units: number, parameters: number, macs: number}>} [costs]
 * @property {Point[]} curves
 * @property {Claim[]} claims
 * @property {Equivalence | null} data_equivalence
 * @property {Equivalence[]} equivalences
 * @property {PowerLaw[]} power_laws
 * @property {[string, number, string][]} refused
 * @property {string[]} notes
 * @property {string} agreement
 * @property {number} run_count
 * @property {Timeline | null} timeline
 * @property {{settings: {steps: number, seeds: number[], sizes: number[], test: number, threshold: number, delta: number, quick: boolean}}} protocol
 *
 * @typedef {object} Axis
 * @property {string} axis
 * @property {number} size
 * @property {{score: number, interval: Interval, null99: number, length: number | null} | null} locality
 * @property {{score: number | null, interval: Interval | null, null99: number, structured: boolean} | null} stationarity
 * @property {{share: number | null, interval: Interval | null, accuracy: number, recentred: number, chance: number}} [place]
 * @property {string} share
 * @property {string} positioned
 *
 * @typedef {{axes: Axis[], verdict: string, advice: string[], data: {spec: string, used: number, samples: number}}} Audit
 */

export {};
