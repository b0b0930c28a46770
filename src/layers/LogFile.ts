/**
 * A log that a year does not fill a disk with: one line an entry, and when the file is full it makes room for a new one,
 * of which so many are kept: `daemon.log`, then `daemon.log.1`, the one before it, and so on.
 */
import { Effect, Logger } from "effect"
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"

export interface Options {
  readonly path: string
  /** Bytes of one file. */
  readonly size?: number
  /** Files that are kept beside the newest. */
  readonly keep?: number
}

/** A line that cannot be written (a full disk, say) is lost, and what is logged goes on. */
export const make = ({ keep = 9, path, size = 5_000_000 }: Options): Effect.Effect<Logger.Logger<unknown, void>> =>
  Effect.sync(() => {
    let bytes = sizeOf(path)
    return Logger.map(Logger.formatLogFmt, (line) => {
      const text = `${line}\n`
      try {
        if (bytes === undefined) mkdirSync(dirname(path), { recursive: true })
        if ((bytes ?? 0) + text.length > size && (bytes ?? 0) > 0) {
          for (let i = keep; i > 0; i--) move(i === 1 ? path : `${path}.${i - 1}`, `${path}.${i}`)
          rmSync(path, { force: true })
          bytes = 0
        }
        appendFileSync(path, text, { mode: 0o600 })
        bytes = (bytes ?? 0) + Buffer.byteLength(text)
      } catch {
        bytes = sizeOf(path)
      }
    })
  })

// helpers

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

const move = (from: string, to: string): void => {
  if (sizeOf(from) !== undefined) renameSync(from, to)
}
