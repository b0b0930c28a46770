/** What the layer asks of its drawing process, and what that answers: one answer to each question, with its number. */
import type { Format, Reason } from "../../services/Chart.ts"

export interface Ask {
  readonly id: number
  /** The cleaned spec, as JSON. */
  readonly spec: string
  readonly formats: ReadonlyArray<Format>
}

export interface Drawn {
  readonly svg: string | undefined
  readonly png: Uint8Array | undefined
  readonly html: string | undefined
  readonly live: string | undefined
}

export type Answer =
  | { readonly id: number; readonly _tag: "Drawn"; readonly drawn: Drawn }
  | { readonly id: number; readonly _tag: "Refused"; readonly reason: Reason }
