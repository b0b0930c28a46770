/** Lets a backfill's batches begin in their turn and says how they get on, until none waits or runs. Interrupted, it is paused. */
import { Console, Effect, Latch, Stream } from "effect"
import { instant } from "../../engine/automation/Cadence.ts"
import * as Backfill from "../../engine/Backfill.ts"
import { Ledger } from "../../engine/Ledger.ts"
import * as Queue from "../../engine/Queue.ts"
import { isDeferred, type Request } from "../../engine/Request.ts"
import * as exit from "../exit.ts"
import { count, counted, oneLine } from "../plain.ts"
import { Screen } from "../progress/Screen.ts"
import { day } from "../run/over.ts"
import type { World } from "../world.ts"

export const find = Effect.fnUntraced(function*(world: World, typed: string) {
  const all = yield* Backfill.all
  const found = typed === "latest" ? all.slice(-1) : all.filter((_) => _.id.startsWith(typed))
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  return yield* exit.usage(
    found.length > 1
      ? `${oneLine(typed)} begins the ids of several backfills (${found.map((_) => _.id).join(", ")}): give more of it`
      : `there is no backfill ${oneLine(typed)}; '${world.typed} backfills' lists them`
  )
})

export const follow = Effect.fnUntraced(function*(world: World, id: string) {
  const queue = yield* Queue.Queue
  const screen = yield* Screen
  const { heard } = yield* Ledger
  const said = new Map<string, string>()
  const over = new Set<string>()
  const news = yield* Latch.make(false)
  const listening = heard.pipe(Stream.filter((_) => turns.has(_._tag)), Stream.runForEach(() => news.open))
  const watching = Effect.gen(function*() {
    yield* Effect.forkChild(listening, { startImmediately: true })
    while (true) {
      yield* news.close
      const { batches } = yield* find(world, id)
      for (const batch of batches) {
        if (over.has(batch.id)) continue
        const line = yield* lineOf(batch)
        if (batch.endedAt !== null) over.add(batch.id)
        if (line === undefined || said.get(batch.id) === line) continue
        said.set(batch.id, line)
        screen.write(`${line}\n`)
      }
      if (batches.every((_) => _.endedAt !== null || _.note === "paused" || isDeferred(_))) return
      yield* Effect.timeoutOption(news.await, "1 second")
    }
  })
  const mine = (request: Request) => request.tags[Backfill.TAG] === id
  const held = Effect.gen(function*() {
    yield* Backfill.pause(yield* find(world, id))
    yield* Console.error(`Paused. What it had published is kept: '${world.typed} backfills resume ${id}' goes on from there.`)
  })
  yield* Effect.raceFirst(watching, queue.workOn(mine)).pipe(Effect.onInterrupt(() => Effect.ignore(held)))
  return yield* find(world, id)
})

/** Ends the command as the backfill ended. */
export const ended = Effect.fnUntraced(function*(world: World, backfill: Backfill.Backfill) {
  const { batches, id, state } = backfill
  if (state === "deferred") {
    const waits = batches.filter(isDeferred)
    return yield* new exit.Exit({
      code: exit.code.unreachable,
      says: [
        `Backfill ${id} waits: ${count(batches.filter((_) => _.state === "succeeded").length)} of ${
          counted(batches.length, "batch", "batches")
        } succeeded.`,
        ...waits.slice(0, 3).map((_) => `- ${spanOf(_)}: deferred until ${instant(_.notBefore ?? 0)}: ${oneLine(_.note)}`),
        `The daemon goes on then; '${world.typed} backfills resume ${id}' tries at once.`
      ].join("\n")
    })
  }
  if (state === "succeeded") return yield* Console.error(`Backfill ${id}: all of ${counted(batches.length, "batch", "batches")} succeeded.`)
  const fell = batches.filter((_) => _.state !== "succeeded")
  return yield* new exit.Exit({
    code: state === "partial" ? exit.code.partial : exit.code.failed,
    says: [
      `Backfill ${id} ${state}: ${count(batches.length - fell.length)} of ${counted(batches.length, "batch", "batches")} succeeded.`,
      ...fell.slice(0, 3).map((_) => `- ${spanOf(_)}: ${_.state}${_.note === "" ? "" : `: ${oneLine(_.note)}`}`),
      `'${world.typed} backfills resume ${id}' makes what is missing, and nothing else.`
    ].join("\n")
  })
})

/** `2026-01-01..2026-03-31` */
export const spanOf = ({ over }: Request): string => `${day(over?.start ?? 0)}..${day((over?.end ?? 0) - 1)}`

// helpers

/** After one of these another batch may be at its turn. */
const turns: ReadonlySet<string> = new Set(["RequestEnded", "RequestDeferred", "CancelRequested", "RunStarted"])

/** What there is to say of a batch: that it began, each tenth of its parts, and how it ended. */
const lineOf = Effect.fnUntraced(function*(batch: Request) {
  const name = `batch ${batch.tags["batch"] ?? ""} ${spanOf(batch)}`
  if (isDeferred(batch)) return `… ${name}: deferred until ${instant(batch.notBefore ?? 0)}: ${oneLine(batch.note)}`
  if (batch.state === "queued") return undefined
  const ledger = yield* Ledger
  const runs = yield* ledger.runsOf(batch.id)
  const steps = (yield* Effect.forEach(runs, (_) => ledger.steps(_.id))).flat()
  const made = steps.filter((_) => _.state === "succeeded")
  if (batch.endedAt === null) {
    const tens = Math.floor(made.length / 10) * 10
    return tens === 0 ? `${name}: started` : `${name}: ${count(tens)} parts made`
  }
  const rows = made.reduce((sum, _) => sum + _.rows, 0)
  return `${batch.state === "succeeded" ? "✓" : "✗"} ${name}: ${batch.state}, ${counted(made.length, "part")} made, ${counted(rows, "row")}`
})
