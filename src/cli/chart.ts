/** `crypto chart COIN…`: a chart of what is kept, to a file or drawn in the terminal. It makes nothing else. */
import { Console, DateTime, Effect, Option, Schema, Terminal } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AdHoc, adHoc, kinds } from "../assets/charts/adHoc.ts"
import { share, size, tidy } from "../assets/reports/Figures.ts"
import { brokenLines } from "../services/brokenLines.ts"
import { Chart } from "../services/Chart.ts"
import { evenTicks, logTicks } from "../services/chartFrame.ts"
import { braille, letter } from "./chart/braille.ts"
import { placed } from "./chart/placed.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { jsonText, oneLine, plain } from "./plain.ts"
import { answered, reading } from "./reading.ts"
import { isSet } from "./run/aim.ts"
import { parsed } from "./run/over.ts"
import type { World } from "./world.ts"

/** What `crypto chart --out FILE --json` prints; without `--out` it is the Vega-Lite spec. */
export const ChartJson = Schema.Struct({ file: Schema.String, rows: Schema.Int })

const extensions = ["svg", "png", "html", "json"] as const

const flags = {
  coins: Argument.String("coin").pipe(Argument.withDescription("Coins by CoinGecko's ids; none: those tracked"), Argument.variadic()),
  kind: Flag.Literals("kind", kinds).pipe(Flag.withDescription("What is drawn [default price]"), Flag.optional),
  from: Flag.String("from").pipe(Flag.withMetavar("DAY"), Flag.withDescription("From this day on, UTC"), Flag.optional),
  to: Flag.String("to").pipe(Flag.withMetavar("DAY"), Flag.withDescription("To this day, UTC"), Flag.optional),
  indexed: isSet("indexed", "Short for --kind indexed: what 100 became"),
  log: isSet("log", "A log scale: equal heights are equal percentages"),
  out: Flag.String("out").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("A file: .svg, .png, .html (interactive) or .json (the Vega-Lite spec)"),
    Flag.optional
  ),
  json
}

export const chart = (root: Root, world: World) =>
  Command.make("chart", flags, Effect.fn("crypto chart")(function*(input) {
    const kind = yield* kindOf(input)
    const [from, to] = [yield* dayOf("--from", input.from), yield* dayOf("--to", input.to)]
    if (from !== undefined && to !== undefined && from > to)
      return yield* exit.usage(
        "--from comes after --to: there is no day between them"
      )
    const out = Option.getOrUndefined(input.out)
    const extension = out === undefined ? undefined : extensions.find((_) => out.toLowerCase().endsWith(`.${_}`))
    if (out !== undefined && extension === undefined) {
      return yield* exit.usage(`--out ${oneLine(out)}: its name says what it is to be, so it ends with .${extensions.join(", .")}`)
    }
    if (kind !== "price" && kind !== "indexed" && kind !== "volume" && input.log) {
      return yield* exit.usage(`--log is for amounts: a ${kind} can be 0 or below`)
    }
    const program = Effect.gen(function*() {
      const made = yield* adHoc({ coins: [...new Set(input.coins)], kind, from, to, log: input.log }).pipe(
        Effect.catchTag("NotKept", (_) => exit.usage(_.message))
      )
      if (out === undefined) return yield* Console.log(input.json ? jsonText(made.spec) : yield* drawn(made))
      const bytes = extension === "json"
        ? `${JSON.stringify(made.spec)}\n`
        : (yield* Chart.use((_) => _.render(made.spec, [extension ?? "svg"])))[extension ?? "svg"]
      const file = yield* placed(out, bytes)
      yield* Console.log(input.json ? jsonText({ file, rows: made.points.length }) : file)
    })
    return yield* Effect.provide(answered(program), reading(world, settingsOf(yield* root)))
  }, exit.ending)).pipe(
    Command.withDescription("A chart of what is kept: to a file with --out, else drawn here with letters. It asks the source for nothing."),
    Command.withShortDescription("A chart of some coins, to a file or drawn here"),
    Command.withExamples([
      { command: "crypto chart bitcoin", description: "Drawn in the terminal" },
      { command: "crypto chart bitcoin ethereum --indexed --from 2026-01-01", description: "What 100 in each became this year" },
      { command: "crypto chart bitcoin --log --out bitcoin.png", description: "To a file" },
      { command: "crypto chart --kind drawdown --out drawdown.html", description: "Every coin, interactive" }
    ])
  )

// helpers

const kindOf = Effect.fnUntraced(
  function*({ indexed, kind }: { readonly indexed: boolean; readonly kind: Option.Option<typeof kinds[number]> }) {
    if (indexed && Option.isSome(kind) && kind.value !== "indexed")
      return yield* exit.usage(`--indexed and --kind ${kind.value} are two charts: give one`)
    return indexed ? "indexed" as const : Option.getOrElse(kind, () => "price" as const)
  }
)

const dayOf = Effect.fnUntraced(function*(flag: string, given: Option.Option<string>) {
  if (Option.isNone(given)) return undefined
  yield* parsed(flag, given.value)
  return given.value
})

/** As wide as the terminal, or as a letter; the colours are the sixteen that every terminal has. */
const drawn = Effect.fnUntraced(function*(made: AdHoc) {
  const { columns, ink } = yield* page
  const rows = yield* (yield* Terminal.Terminal).rows
  const width = Number.isFinite(columns) ? Math.min(columns, 160) : 80
  const coloured = ink.bold("x") !== "x"
  const paint = (text: string, line: number) => (coloured ? `\x1b[${tones[line % tones.length] ?? 39}m${text}\x1b[0m` : text)
  const lines = made.coins.map(({ id, name }) => ({
    name,
    points: made.points.filter((_) => _.coin_id === id).map((_) => ({ at: _.time, value: Number(_[made.column]), stretch: _.stretch }))
  }))
  const value = made.unit === "share" ? share : made.unit === "size" ? size : tidy
  const text = braille({
    lines,
    columns: width,
    rows: Math.max(8, Math.min(20, Number.isFinite(columns) && rows > 0 ? rows - lines.length - 8 : 16)),
    log: made.log,
    ticks: made.log ? logTicks : evenTicks,
    value,
    time: (_) => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(_)),
    ink: paint
  })
  const legend = lines.map(({ name, points }, line) =>
    `  ${paint(`${letter(line)} ──`, line)} ${plain(name)}: ${value(points.at(-1)?.value ?? null)}`
  )
  const words = brokenLines(plain(made.subtitle), width).map(ink.dim)
  return [ink.bold(plain(made.title)), ...words, "", ...text, "", ...legend, "", ink.dim(plain(made.attribution))]
    .join("\n")
})

const tones = [33, 34, 36, 35, 32, 31, 93, 94, 96, 95, 92, 91]
