/**
 * The shapes of what the pages read. Only the type checker loads this file.
 *
 * @typedef {object} Layer
 * @property {string} name
 * @property {string} kind
 * @property {string} module
 * @property {string} operation
 * @property {number[]} input
 * @property {number[]} output
 * @property {number[]} kernel
 * @property {number[]} stride
 * @property {(number | [number, number])[]} padding
 * @property {number[]} dilation
 * @property {number} groups
 * @property {boolean} transposed
 * @property {number} parameters
 * @property {number} weights
 * @property {number} biases
 * @property {number | null} macs
 * @property {string[]} feeds_from
 *
 * @typedef {object} Filters
 * @property {string} layer
 * @property {number[]} shape
 * @property {number} shown
 * @property {string} values
 *
 * @typedef {object} NetworkFacts
 * @property {string} name
 * @property {string} spec
 * @property {string} model  spec and options, as they are typed; ends in … where some are not known
 * @property {string} graded  the same for `convscope shift` and `repair`, which take class names too
 * @property {string} served  the same for `convscope serve`
 * @property {string} fingerprint
 * @property {number[]} input
 * @property {string} [dtype]
 * @property {number} parameters
 * @property {number[] | null} [mean]
 * @property {number[] | null} [std]
 * @property {string[] | null} [classes]
 * @property {string[]} [notes]
 * @property {Record<string, string>} [versions]
 * @property {string} [device]
 * @property {string | null} [command]
 *
 * @typedef {{layers: Layer[]}} NetworkDocument
 *
 * @typedef {object} Sample
 * @property {number} index
 * @property {string} name
 * @property {string | null} label
 * @property {number[]} shape
 * @property {string} [picture]
 * @property {string} [waveform]
 * @property {string} [sound]
 * @property {number | null} [rate]
 *
 * @typedef {object} DataFacts
 * @property {string} spec
 * @property {string} fingerprint
 * @property {"image" | "sound" | "volume"} kind
 * @property {number} count
 * @property {number[] | null} shape
 * @property {string[] | null} classes
 * @property {[string, string][]} [skipped]
 * @property {number} [skipped_count]
 * @property {string[]} [notes]
 * @property {Sample[]} samples
 *
 * @typedef {object} Card
 * @property {string} idea
 * @property {string} title
 * @property {string} sentence
 * @property {string | null} page
 * @property {string} command
 * @property {boolean} available
 * @property {string} number
 * @property {string} text
 * @property {string} verdict
 * @property {string} threshold
 * @property {string} floor
 * @property {string} chart
 * @property {string} caption
 *
 * @typedef {object} Protocol
 * @property {string} [id]
 * @property {string} [dtype]
 * @property {number | null} [seed]
 * @property {number | null} [samples]
 * @property {number | null} [floor]
 * @property {Record<string, unknown>} [settings]
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} summary
 * @property {Protocol} protocol
 * @property {string} written
 * @property {string} document
 * @property {string | null} table
 *
 * @typedef {object} Site
 * @property {string} convscope
 * @property {NetworkFacts} network
 * @property {DataFacts | null} data
 * @property {Card[]} cards
 * @property {Record<string, number>} charts  name -> height in pixels that it takes at first
 * @property {boolean} filters
 * @property {boolean} timeline
 * @property {string[]} documents
 * @property {Entry[]} entries
 * @property {Record<string, string>} left
 * @property {string} created
 * @property {string} measured_with
 *
 * @typedef {object} LayerCost
 * @property {string} name
 * @property {string} kind
 * @property {number[]} input
 * @property {number[]} output
 * @property {number[]} kernel
 * @property {number[]} stride
 * @property {(number | [number, number])[]} padding
 * @property {number[]} dilation
 * @property {number} groups
 * @property {boolean} transposed
 * @property {number} parameters
 * @property {number} weights
 * @property {number} biases
 * @property {number} local_weights
 * @property {number} dense_weights
 * @property {number} links
 * @property {number | null} locality_factor
 * @property {number | null} grouping_factor
 * @property {number | null} sharing_factor
 * @property {number | null} factor
 * @property {number} macs
 * @property {number} local_macs
 * @property {number} dense_macs
 *
 * @typedef {object} SharingSums
 * @property {number} layers
 * @property {number} weights
 * @property {number} local_weights
 * @property {number} dense_weights
 * @property {number | null} grouping_factor
 * @property {number} macs
 *
 * @typedef {SharingSums & {status: string, by_kind: Record<string, SharingSums>}} SharingTotals
 *
 * @typedef {{layers: LayerCost[], totals: SharingTotals}} SharingDocument
 *
 * @typedef {{sigma: number[], interval?: {sigma: [number, number][]}}} Spread
 *
 * @typedef {object} Effective
 * @property {number[]} sigma
 * @property {{sigma: [number, number][]}} [interval]
 * @property {Spread | null} [fresh]  the same network with weights drawn anew
 * @property {number} [samples]
 * @property {number[]} box95
 * @property {number} area_ratio
 * @property {number[]} [unit]
 * @property {number[]} [start]
 * @property {number[]} [shape]
 * @property {string} [picture]
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} kind
 * @property {number[]} size
 * @property {number[]} stride
 * @property {number[]} start
 * @property {number[]} center
 * @property {boolean[]} global
 * @property {number[]} local_size
 * @property {({reason: string} | null)[]} [global_from]
 * @property {boolean} [cross]
 * @property {boolean} [shift_invariant]
 * @property {boolean} exceeds_input
 * @property {Effective | null} effective
 *
 * @typedef {object} Advice
 * @property {string} id
 * @property {string} title
 * @property {string} text
 * @property {string[]} layers
 * @property {number | null} [macs]
 * @property {string} [limits]
 *
 * @typedef {{layer: string, step: number[], halo: [number, number][]}} Tiling
 * @typedef {{layers: Field[], advice?: Advice[], tiling?: Tiling | null}} ReceptiveDocument
 *
 * @typedef {{page: string, path: string[], query: URLSearchParams}} Route
 * @typedef {{node: HTMLElement, title: string, update: (route: Route) => void | Promise<void>}} Page
 */

export {};
