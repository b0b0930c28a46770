/**
 * A pipeline with schedules, sensors and the queue, in a world where every call to a service may fail, also after it was
 * done, and where the process may die before and after each; and what has to be true of its ledger in the end.
 *
 * A process that dies is abandoned where it stands: whatever it calls from then on never returns and changes nothing.
 */
import { Effect, Layer, References, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Automation from "../../../src/engine/automation/Automation.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import { Pulse } from "../../../src/engine/automation/Pulse.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../../src/engine/automation/Sensor.ts"
import * as Updates from "../../../src/engine/automation/Updates.ts"
import { Ledger, LedgerFailed } from "../../../src/engine/Ledger.ts"
import { Manifest } from "../../../src/engine/Manifest.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import * as Queue from "../../../src/engine/Queue.ts"
import * as Memory from "../../../src/layers/Memory.ts"
import { inOne } from "../world.ts"

/** What is wrong in the end: nothing, it is hoped. And what happened, so that a simulation of nothing is found out. */
export interface Outcome {
  readonly wrong: ReadonlyArray<string>
  readonly lives: number
  readonly faults: number
  readonly ticks: Readonly<Record<string, number>>
}

const MINUTE = 60_000
const start = Date.UTC(2026, 9, 25, 0, 30)

export const simulate = (seed: number): Effect.Effect<Outcome> =>
  Effect.gen(function*() {
    const dice = roll(seed)
    const between = (low: number, high: number) => low + Math.floor(dice() * (high - low + 1))
    const durable = { ledger: yield* Ledger, manifest: yield* Manifest, rows: yield* Memory.Rows }
    const told: Told = { faults: 0, since: new Map(), begins: undefined }
    const { pipeline, schedules } = yield* worldOf(dice)
    yield* TestClock.setTime(start)
    let lives = 0
    const live = Effect.fnUntraced(function*(faults: number, millis: number) {
      lives++
      const life = { isOver: false, faults, dice, told }
      const context = Layer.mergeAll(
        Layer.succeed(Ledger, faulty(durable.ledger, life)),
        Layer.succeed(Manifest, faultyManifest(durable.manifest, life)),
        Layer.succeed(Memory.Rows, durable.rows),
        Layer.succeed(Pulse, Pulse.defaultValue())
      )
      const process = Effect.gen(function*() {
        const queue = yield* Queue.make(pipeline)
        yield* Effect.all([queue.work, Automation.run(pipeline)], { concurrency: "unbounded" })
      }).pipe(Effect.provide(context), Effect.scoped)
      const fiber = yield* Effect.forkDetach(process, { startImmediately: true })
      yield* TestClock.adjust(millis)
      // one that was not killed is told to stop, or dies now
      const isTold = !life.isOver && fiber.pollUnsafe() === undefined && dice() < 0.5
      if (isTold) yield* Effect.forkDetach(Effect.sync(() => fiber.interruptUnsafe()))
      if (isTold) yield* TestClock.adjust(5000)
      life.isOver = true
      for (const { name, since } of yield* durable.ledger.standings) if (!told.since.has(name)) told.since.set(name, since)
    })
    for (let i = between(3, 4); i > 0; i--) {
      yield* live(dice() < 0.2 ? 0.2 : 0.02, between(1, 3) * MINUTE)
      yield* TestClock.adjust(between(0, 3) * MINUTE)
    }
    // in the end all is well for a while: what began has time to end
    yield* live(0, 5 * MINUTE)
    const wrong = yield* verdicts(durable, schedules, told)
    const all = yield* durable.ledger.ticks({})
    const ticks = Object.fromEntries([...Map.groupBy(all, (_) => _.state)].map(([state, ticks]) => [state, ticks.length]))
    return { wrong, lives, faults: told.faults, ticks }
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.fresh(Memory.layer)),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.orDie
  )

// helpers

/** The same numbers in [0, 1) for the same seed. */
const roll = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Told {
  faults: number
  /** When each schedule was first looked after. */
  readonly since: Map<string, number>
  /** Where the sensor of updates began: what was published before is nothing to see. */
  begins: number | undefined
}

interface Life {
  isOver: boolean
  readonly faults: number
  readonly dice: () => number
  readonly told: Told
}

/** A call that may fail before or after it is done, and before or after which the process may die. */
const risky = <A, E>(life: Life, call: Effect.Effect<A, E>, failure: Effect.Effect<never, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (life.isOver) return Effect.never
    const fate = life.dice()
    const die = Effect.suspend(() => {
      life.isOver = true
      return Effect.never
    })
    const is = (at: number) => at * life.faults <= fate && fate < (at + 1) * life.faults
    if (fate < 4 * life.faults) life.told.faults++
    // dying is rarer than failing: else no process would get far
    const isFatal = life.dice() < 0.3
    if (is(0)) return failure
    if (is(1)) return Effect.andThen(call, failure)
    if (is(2) && isFatal) return die
    if (is(3) && isFatal) return Effect.andThen(call, die)
    return call
  })

const faulty = (ledger: Ledger["Service"], life: Life): Ledger["Service"] => {
  const failure = new LedgerFailed({ doing: "do what it was asked", cause: new Error("simulated") })
  const fail = Effect.suspend(() => Effect.fail(failure))
  const one = <A>(call: Effect.Effect<A, LedgerFailed>) => risky(life, call, fail)
  return Ledger.of({
    ...ledger,
    record: (...events) =>
      one(Effect.andThen(ledger.record(...events), Effect.sync(() => {
        const begins = events.find((_) => _._tag === "CursorSet" && _.name === "updates")
        if (begins?._tag === "CursorSet") life.told.begins ??= Number(begins.cursor)
      }))),
    begin: (...args) => one(ledger.begin(...args)),
    hold: (...args) => one(ledger.hold(...args)),
    requests: (which) => one(ledger.requests(which)),
    steps: (run) => one(ledger.steps(run)),
    ticks: (which) => one(ledger.ticks(which)),
    ends: (...args) => one(ledger.ends(...args)),
    standings: one(ledger.standings),
    watched: one(ledger.watched),
    newestEnd: one(ledger.newestEnd),
    open: one(ledger.open),
    leases: one(ledger.leases)
  })
}

/** The manifest knows no failure but a defect. */
const faultyManifest = (manifest: Manifest["Service"], life: Life): Manifest["Service"] => {
  const one = <A>(call: Effect.Effect<A>) => risky(life, call, Effect.die(new Error("simulated")))
  return Manifest.of({
    publish: (entry) => one(manifest.publish(entry)),
    log: (assets) => one(manifest.log(assets)),
    newest: (assets) => one(manifest.newest(assets)),
    has: (id) => one(manifest.has(id)),
    forget: (seqs) => one(manifest.forget(seqs))
  })
}

const worldOf = Effect.fnUntraced(function*(dice: () => number) {
  const flaky = Effect.suspend(() => dice() < 0.1 ? Effect.fail("no answer" as const) : Effect.succeed([{ value: dice() }]))
  const prices = Asset.make("prices", { about: "", into: inOne, freshFor: "1 second" },
    () => Effect.andThen(Effect.sleep(Math.floor(dice() * 100_000)), flaky))
  const figures = Asset.make("figures", { about: "", into: inOne, from: { prices } }, () => Effect.andThen(Effect.sleep(500), flaky))
  const overlaps = ["skip", "bufferOne", "bufferAll", "cancelOther", "allow"] as const
  const catchUps = ["none", "latest", "all", { max: 2 }] as const
  const overlap = overlaps[Math.floor(dice() * overlaps.length)] ?? "skip"
  const catchUp = catchUps[Math.floor(dice() * catchUps.length)] ?? "all"
  const schedules = [
    Schedule.make("minutely", { about: "", runs: prices, cadence: Cadence.cron("* * * * *", "Europe/Paris"), overlap, catchUp }),
    Schedule.make("spaced", {
      about: "",
      runs: figures,
      cadence: Cadence.every("100 seconds"),
      overlap: "bufferAll",
      catchUp: "all",
      jitter: "20 seconds"
    }),
    Schedule.make("following", { about: "", runs: figures, cadence: Schedule.after(prices) })
  ]
  const counting = Sensor.make("counting", {
    about: "",
    cursor: Schema.Int,
    start: Effect.succeed(0),
    runKeys: "once",
    looks: Sensor.polled(Cadence.every("15 seconds"), "by the clock", (cursor: number) =>
      dice() < 0.1
        ? Effect.fail("no answer")
        : Effect.succeed({ cursor: cursor + 1, asks: [{ runs: [prices], runKey: `item ${cursor + 1}` }], note: "" }))
  })
  const updates = Sensor.make("updates", {
    about: "",
    cursor: Schema.Int,
    start: Updates.start,
    looks: Updates.of([prices], (entries) => Effect.succeed({ note: entries.map((_) => _.seq).join(" ") }))
  })
  const pipeline = yield* Pipeline.make("simulated", { assets: [figures], schedules, sensors: [counting, updates] })
  return { pipeline, schedules }
})

const verdicts = Effect.fnUntraced(function*(
  { ledger, manifest }: { readonly ledger: Ledger["Service"]; readonly manifest: Manifest["Service"] },
  schedules: ReadonlyArray<Schedule.Schedule>,
  { begins = 0, since }: Told
) {
  const wrong: Array<string> = []
  const requests = yield* ledger.requests({})
  const ticks = yield* ledger.ticks({})
  const standings = new Map((yield* ledger.standings).map((_) => [_.name, _]))
  const now = yield* Effect.clockWith((_) => _.currentTimeMillis)
  // no slot is held, and nothing is left under way but what was just asked for
  const leases = yield* ledger.leases
  const running = requests.filter((_) => _.state === "running").map((_) => _.id)
  for (const { name, request } of leases)
    if (!running.includes(request)) wrong.push(`slot ${name} is held by ${request}, which does not run`)
  for (const { beganAt, id } of requests)
    if (running.includes(id) && now - (beganAt ?? 0) > 3 * MINUTE) wrong.push(`request ${id} is left running`)
  for (const { id, request } of (yield* ledger.open).runs) if (!running.includes(request ?? "")) wrong.push(`run ${id} is left running`)
  // each due time has one tick, and no tick is of no due time
  for (const { cadence, name } of schedules) {
    const standing = standings.get(name)
    if (Schedule.isAfter(cadence) || standing === undefined) continue
    const step = name === "minutely" ? MINUTE : 100_000
    const first = name === "minutely" ? Math.floor(standing.since / MINUTE) * MINUTE + MINUTE : standing.since + step
    const last = standing.last ?? 0
    if (last < now - 3 * MINUTE) wrong.push(`${name} has no tick since ${last}`)
    const due = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)
    const has = ticks.filter((_) => _.source === name).map((_) => _.due).toSorted((a, b) => a - b)
    if (JSON.stringify(due) !== JSON.stringify(has))
      wrong.push(`${name} was due at ${due.map((_) => _ - start)}, but has ticks of ${has.map((_) => _ - start)}`)
    if (standing.since !== since.get(name)) wrong.push(`${name} began anew`)
  }
  // a tick that ran has its runs, and a run has the one tick that asked for it
  const asked = ticks.flatMap((_) => _.requests)
  const known = new Set(requests.map((_) => _.id))
  for (const id of asked) if (!known.has(id)) wrong.push(`a tick asked for ${id}, which is not there`)
  // what a dead process left is taken up by the queue, in the name of who asked for it: that is no tick's doing
  const first = requests.filter((_) => _.parent === null)
  for (const { parent } of requests) if (parent !== null && !known.has(parent)) wrong.push(`${parent} was taken up, and is not there`)
  for (const { id, trigger } of first)
    if (asked.filter((_) => _ === id).length !== 1) wrong.push(`${trigger} asked for ${id}, and has no tick of it`)
  for (const { requests, source, state } of ticks) {
    const expected = state === "ran" ? requests.length >= 1 : requests.length === 0
    if (!expected) wrong.push(`a tick of ${source} is ${state} with ${requests.length} runs`)
  }
  // no cursor is ahead of its runs, nor behind them
  const items = first.filter((_) => _.trigger === "sensor counting").map((_) => _.runKey)
  const counted = Number(standings.get("counting")?.cursor ?? 0)
  const wanted = Array.from({ length: counted }, (_, i) => `counting item ${i + 1}`)
  if (JSON.stringify(items) !== JSON.stringify(wanted)) wrong.push(`the cursor is at ${counted}, and asked for was ${items.join(", ")}`)
  // every materialization was seen once, in order
  const noted = ticks.filter((_) => _.source === "updates" && _.state === "skipped").toReversed().flatMap((_) =>
    _.note.split(" ").map(Number)
  )
  const cursor = Number(standings.get("updates")?.cursor ?? 0)
  const published = (yield* manifest.log(["prices"])).map((_) => _.seq).filter((_) => begins < _ && _ <= cursor)
  if (JSON.stringify(noted) !== JSON.stringify(published)) wrong.push(`published were ${published.join(" ")}, seen were ${noted.join(" ")}`)
  return wrong
})
