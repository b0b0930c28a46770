/**
 * A spec becomes Vega: checked against Vega-Lite's own schema, then compiled, with a warning counting as an error.
 *
 * The schema is checked where the spec is drawn, not only in tests: a user's own chart deserves "encoding.x.type is none
 * of …" rather than a TypeError from inside Vega, and some mistakes compile without a word. It costs 20 ms once (to read
 * the schema) and 1 to 3 ms a chart.
 */
import { readFileSync } from "node:fs"
import * as vega from "vega"
import { compile as compileLite, type TopLevelSpec } from "vega-lite"
import { problems, type Schema, sentence } from "./jsonSchema.ts"

export class Unsound extends Error {
  readonly problems: readonly [string, ...Array<string>]
  constructor(first: string, rest: ReadonlyArray<string>) {
    super(first)
    this.problems = [first, ...rest]
  }
}

/** Throws `Unsound` with every problem. */
export const check = (spec: unknown): void => {
  const [first, ...rest] = problems(schema(), spec).map(sentence)
  if (first !== undefined) throw new Unsound(first, rest)
}

/** Throws `Unsound` for what Vega-Lite warns about. */
export const compile = (spec: TopLevelSpec): vega.Spec => {
  const heard: Array<string> = []
  const compiled = compileLite(spec, { logger: listener(heard) }).spec
  const [first, ...rest] = heard.filter((warning) => !idle.test(warning))
  if (first !== undefined) throw new Unsound(first, rest)
  return compiled
}

/** Keeps what is worth a warning, and lets the rest go by. */
export const listener = (heard: Array<string>): vega.LoggerInterface => {
  const hear = (...words: ReadonlyArray<unknown>) => {
    heard.push(words.map((word) => (word instanceof Error ? word.message : String(word))).join(" "))
    return logger
  }
  const pass = () => logger
  // Vega's logger reads and sets its level by one method with two signatures, which no expression can be typed as
  const level = ((_?: number) => (_ === undefined ? vega.Warn : logger)) as vega.LoggerInterface["level"]
  const logger: vega.LoggerInterface = { level, error: hear, warn: hear, info: pass, debug: pass }
  return logger
}

// helpers

/** Said when the width fits its container and the height goes by steps, though only the width was asked to fit. */
const idle = /^Dropping "fit-[xy]" because spec has discrete (height|width)\.$/

let loaded: Schema | undefined
const schema = (): Schema =>
  loaded ??= JSON.parse(readFileSync(new URL("./vega-lite-schema.json", import.meta.resolve("vega-lite")), "utf8")) as Schema
