/** Who begins when, and that whatever ends lets go of what it had. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Latch, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import { type Event, Ledger, LedgerFailed } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Queue from "../../src/engine/Queue.ts"
import * as Request from "../../src/engine/Request.ts"
import { ask, asked, free, interruptions, limited, working, world } from "./queueing.ts"
import { byDay, Coin, coinByDay, Day, inOne, publish } from "./world.ts"

/** Assets of one value that begin when told to, and say so. */
const gated = <const Name extends string>(name: Name, pool?: string) => {
  const gate = Latch.makeUnsafe(false)
  const begun: Array<string> = []
  const asset = Asset.make(
    name,
    { about: "", into: inOne, freshFor: 0, ...(pool === undefined ? {} : { tags: { pool } }) },
    () =>
      Effect.gen(function*() {
        begun.push(name)
        yield* gate.await
        return [{ value: yield* Clock.currentTimeMillis }]
      })
  )
  return { asset, begun, gate }
}

const states = Effect.map(Ledger.use((_) => _.requests({})), (_) => _.map(({ id, state }) => `${id} ${state}`))
const tick = TestClock.adjust("1 second")

describe("turns", () => {
  it.effect("come by priority, and then as they were asked for", () =>
    world(Effect.gen(function*() {
      const assets = ["a", "b", "c", "d", "e"].map((_) => gated(_))
      for (const { gate } of assets) yield* gate.open
      yield* ask(asked("a"), asked("b", { priority: 5 }), asked("c"), asked("d", { priority: 5 }), asked("e", { priority: -1 }))
      yield* working(...assets.map((_) => _.asset)).pipe(limited({ runs: 1 }))
      for (let i = 0; i < 6; i++) yield* tick
      const order = (yield* Ledger.use((_) => _.runs(9))).flatMap((_) => _.targets).toReversed()
      assert.deepStrictEqual(order, ["b", "d", "a", "c", "e"])
      yield* free
    })))

  it.effect("are as many at a time as there are places, and the next comes when one ends", () =>
    world(Effect.gen(function*() {
      const [a, b, c] = [gated("a"), gated("b"), gated("c")]
      yield* ask(asked("a"), asked("b"), asked("c"))
      yield* working(a.asset, b.asset, c.asset).pipe(limited({ runs: 2 }))
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running", "b running", "c queued"])
      yield* b.gate.open
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running", "b succeeded", "c running"])
    })))

  it.effect("come at once when nobody says when, whatever the clock says", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* TestClock.setTime(0)
      yield* ask(asked("a"))
      yield* working(a.asset)
      yield* Effect.yieldNow
      assert.deepStrictEqual(yield* states, ["a running"])
    })))

  it.effect("are four at a time where nobody says otherwise", () =>
    world(Effect.gen(function*() {
      const all = ["a", "b", "c", "d", "e"].map((_) => gated(_).asset)
      yield* ask(...all.map((_) => asked(_.name)))
      yield* working(...all)
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running", "b running", "c running", "d running", "e queued"])
    })))

  it.effect("are limited by tag and value, by each value of a tag, and by pool; what has none of them is not", () =>
    world(Effect.gen(function*() {
      const [a, b, c, d] = [gated("a", "api"), gated("b", "api"), gated("c"), gated("d")]
      const all = [a.asset, b.asset, c.asset, d.asset]
      const begun = (...requests: ReadonlyArray<Request.Requested>) =>
        Effect.gen(function*() {
          yield* ask(...requests)
          yield* tick
          const running = (yield* Ledger.use((_) => _.requests({ states: ["running"] }))).map((_) => _.id)
          for (const id of (yield* Ledger.use((_) => _.requests({ states: ["queued", "running"] }))).map((_) => _.id)) {
            yield* Ledger.use((_) => _.record({ _tag: "CancelRequested", request: id }))
          }
          yield* tick
          yield* tick
          yield* free
          return running
        })
      yield* working(...all).pipe(limited({ pools: { api: 1 }, tags: { "team=x": 1, day: 1 } }))
      const of = (id: string, target: string, tags = {}) => asked(id, { targets: [target], tags })
      assert.deepStrictEqual(yield* begun(of("p1", "a"), of("p2", "b"), of("p3", "c")), ["p1", "p3"])
      assert.deepStrictEqual(yield* begun(of("t1", "a", { team: "x" }), of("t2", "c", { team: "x" }), of("t3", "d", { team: "y" })), [
        "t1",
        "t3"
      ])
      assert.deepStrictEqual(yield* begun(of("d1", "a", { day: "1" }), of("d2", "c", { day: "1" }), of("d3", "d", { day: "2" })), [
        "d1",
        "d3"
      ])
    })))

  it.effect("of two requests that may make the same asset come one after the other, upstream counted, and none is passed", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const b = Asset.make("b", { about: "", from: { a: a.asset }, into: inOne }, ({ a }) => Effect.succeed(a))
      const c = gated("c")
      yield* ask(asked("a"), asked("b"), asked("late", { targets: ["b"], only: true }), asked("c"))
      yield* working(a.asset, b, c.asset)
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running", "b queued", "late queued", "c running"])
      yield* Effect.all([a.gate.open, c.gate.open])
      for (let i = 0; i < 3; i++) yield* tick
      assert.deepStrictEqual(yield* states, ["a succeeded", "b succeeded", "late succeeded", "c succeeded"])
      const order = (yield* Ledger.use((_) => _.requests({}))).map((_) => [_.id, _.beganAt, _.endedAt])
      const [of, to] = [order[0]?.[2], order[1]?.[1]]
      assert.isTrue(typeof of === "number" && typeof to === "number" && of <= to, "b began when a had ended")
      yield* free
    })))

  it.effect("do not come before their time", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* a.gate.open
      const now = yield* Clock.currentTimeMillis
      yield* ask(asked("a", { notBefore: now + 10_000 }))
      yield* working(a.asset)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* states, ["a queued"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["a succeeded"])
    })))
})

describe("an end", () => {
  /** What the ledger is told, commit by commit. */
  const commits = Effect.fnUntraced(function*<A, E, R>(queueing: Effect.Effect<A, E, R>) {
    const told: Array<string> = []
    const ledger = yield* Ledger
    const listening = Ledger.of({
      ...ledger,
      record: (...events) => {
        told.push(events.map((_) => "state" in _ ? `${_._tag} ${_.state}` : _._tag).join(", "))
        return ledger.record(...events)
      }
    })
    return [yield* Effect.provideService(queueing, Ledger, listening), told] as const
  })

  it.effect("is told in the commit that tells the end of the last run, so that no crash comes between", () =>
    world(Effect.gen(function*() {
      const a = Asset.make("a", { about: "", into: inOne }, () => Effect.succeed([]))
      const [, told] = yield* commits(working(a))
      yield* ask(asked("a"), asked("again", { targets: ["a"] }))
      yield* tick
      yield* tick
      assert.deepStrictEqual(told, [
        "RunStarted",
        "StepStarted",
        "StepEnded succeeded",
        "RunEnded succeeded, RequestEnded succeeded",
        "RunStarted, RunEnded succeeded, RequestEnded succeeded"
      ])
      assert.deepStrictEqual(yield* states, ["a succeeded", "again succeeded"])
      yield* free
    })))

  it.effect("is told after that where whoever does it tells none, or tells it and fails", () =>
    world(Effect.gen(function*() {
      const pipeline = yield* Pipeline.make("test", { assets: [gated("a").asset] })
      const [queue, told] = yield* commits(Queue.make(pipeline))
      yield* queue.attend(asked("none", { targets: ["a"] }), () => Effect.succeed([1, { state: "partial", note: "" }] as const))
      const failing = queue.attend(asked("fails", { targets: ["a"] }),
        (_, close) => Effect.sync(() => close({ state: "succeeded", note: "" })).pipe(Effect.andThen(Effect.fail("the disk is full"))))
      yield* Effect.flip(failing)
      assert.deepStrictEqual(told, ["RequestEnded partial", "RequestEnded failed"])
      assert.deepStrictEqual(yield* states, ["none partial", "fails failed"])
      yield* free
    })))
})

describe("whatever ends lets go", () => {
  const broken = Asset.make("broken", { about: "", into: inOne }, () => Effect.fail("no luck" as const))
  const dies = Asset.make("dies", { about: "", into: inOne }, () => Effect.die("a defect"))

  it.effect("a failure, a defect, and a target that there is not, each with its reason", () =>
    world(Effect.gen(function*() {
      yield* ask(asked("broken"), asked("dies"), asked("nothing"))
      yield* working(broken, dies)
      for (let i = 0; i < 3; i++) yield* tick
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => [_.id, _.state, _.note.split("\n")[0]?.slice(0, 40)]), [
        ["broken", "failed", "broken: no luck"],
        ["dies", "failed", "dies: defect: a defect"],
        ["nothing", "failed", `There is no asset or job called "nothing`]
      ])
      yield* free
    })))

  it.effect("three failures are named, of more it is said how many", () =>
    world(Effect.gen(function*() {
      const all = ["a", "b", "c", "d", "e"].map((name) => Asset.make(name, { about: "", into: inOne }, () => Effect.fail("no" as const)))
      yield* ask(asked("three", { targets: ["a", "b", "c"] }), asked("five", { targets: ["a", "b", "c", "d", "e"] }))
      yield* working(...all)
      for (let i = 0; i < 3; i++) yield* tick
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => `${_.id} ${_.state}: ${_.note}`), [
        "three failed: a: no; b: no; c: no",
        "five failed: a: no; b: no; c: no and 2 more"
      ])
    })))

  it.effect("what was taken back, by a word to the queue or from another process to the ledger", () =>
    world(Effect.gen(function*() {
      const [a, b] = [gated("a"), gated("b")]
      yield* ask(asked("a"), asked("b"), asked("c", { targets: ["a"] }))
      const queue = yield* working(a.asset, b.asset)
      yield* tick
      assert.isTrue(yield* queue.cancel("a"))
      assert.isTrue(yield* queue.cancel("c"))
      assert.isFalse(yield* queue.cancel("unheard of"))
      yield* Ledger.use((_) => _.record({ _tag: "CancelRequested", request: "b" }))
      yield* tick
      yield* tick
      assert.deepStrictEqual(yield* states, ["a cancelled", "b cancelled", "c cancelled"])
      assert.deepStrictEqual((yield* Ledger.use((_) => _.runs(9))).map((_) => _.state), ["interrupted", "interrupted"])
      assert.isFalse(yield* queue.cancel("a"), "it has ended")
      yield* free
    })))

  it.effect("what runs when the queue is stopped", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* ask(asked("a"))
      const scope = yield* Scope.make()
      yield* Scope.provide(working(a.asset), scope)
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* states, ["a interrupted"])
      yield* free
    })))

  it.effect("what a process held that died, when the next one starts; what waited still does, and what ran is taken up", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* a.gate.open
      yield* ask(asked("a"), asked("w", { targets: ["a"] }), asked("attended", { targets: ["a"], owner: "the dead" }))
      yield* ask(asked("typed", { targets: ["a"], trigger: Queue.PERSON }))
      for (const id of ["a", "typed"]) yield* Ledger.use((_) => _.begin(id, [], "the dead", Number.MAX_SAFE_INTEGER))
      yield* working(a.asset)
      for (let i = 0; i < 3; i++) yield* tick
      const all = yield* Ledger.use((_) => _.requests({}))
      assert.deepStrictEqual(all.map((_) => [_.parent ?? _.id, _.state]), [
        ["a", "lost"],
        ["w", "succeeded"],
        ["attended", "lost"],
        ["typed", "lost"],
        ["a", "succeeded"]
      ])
      yield* free
    })))

  it.effect("what dies with its process again and again is not taken up for ever", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* ask(asked("a"))
      for (let life = 0; life < 6; life++) {
        const [open] = yield* Ledger.use((_) => _.requests({ states: ["queued"] }))
        if (open !== undefined) yield* Ledger.use((_) => _.begin(open.id, [], `life ${life}`, Number.MAX_SAFE_INTEGER))
        const scope = yield* Scope.make()
        const queue = yield* Scope.provide(Queue.make(yield* Pipeline.make("test", { assets: [a.asset] })), scope)
        // its work begins, and it dies before anything else can
        yield* Effect.forkChild(queue.workOn(() => false))
        const worker = yield* Effect.forkChild(Effect.raceFirst(queue.work, Effect.void), { startImmediately: true })
        yield* Fiber.await(worker)
        yield* Scope.close(scope, Exit.void)
      }
      assert.deepStrictEqual((yield* states).map((_) => _.split(" ")[1]), ["lost", "lost", "lost"])
    })))

  it.effect("what a living process could not tell the end of is settled when the ledger answers again: nothing stays started", () =>
    world(Effect.gen(function*() {
      const [a, b] = [gated("a"), gated("b")]
      const ledger = yield* Ledger
      const ends = new Set(["StepEnded", "RunEnded", "RequestEnded"])
      let down = false
      const failing = Ledger.of({
        ...ledger,
        record: (...events) =>
          down && events.some((_) => ends.has(_._tag))
            ? new LedgerFailed({ doing: "record", cause: new Error("disk full") })
            : ledger.record(...events)
      })
      yield* ask(asked("a"), asked("b"))
      yield* Effect.provideService(working(a.asset, b.asset), Ledger, failing)
      yield* tick
      down = true
      yield* a.gate.open
      yield* tick
      yield* tick
      const stand = Effect.map(ledger.open, ({ runs, steps }) => [runs.map((_) => _.targets.join()), steps.map((_) => _.asset)])
      assert.deepStrictEqual([yield* states, yield* stand], [["a running", "b running"], [["a", "b"], ["a", "b"]]])
      down = false
      yield* tick
      yield* tick
      assert.deepStrictEqual([yield* states, yield* stand], [["a lost", "b running"], [["b"], ["b"]]])
      const [run] = yield* ledger.runsOf("a")
      assert.deepStrictEqual([run?.state, (yield* ledger.steps(run?.id ?? "")).map((_) => [_.state, _.note])], [
        "lost",
        [["succeeded", "recovered: its rows were published"]]
      ])
      yield* b.gate.open
      yield* tick
      yield* tick
      assert.deepStrictEqual(yield* states, ["a lost", "b succeeded"])
      yield* free
    })))

  it.effect("what a living process holds, only when it has given no sign of life for long", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* a.gate.open
      yield* working(a.asset)
      yield* ask(asked("a"), asked("w", { targets: ["a"] }))
      const until = (yield* Clock.currentTimeMillis) + 30_000
      assert.isTrue(yield* Ledger.use((_) => _.begin("a", [{ name: "asset a", limit: 1 }], "frozen", until)))
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(yield* states, ["a running", "w queued"])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* states)[0], "a lost")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* states, ["a lost", "w succeeded"])
      yield* free
    })))

  it.effect("and what runs here for long gives signs of life, also while somebody waits for it", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* ask(asked("a"))
      const queue = yield* working(a.asset)
      const held = Effect.map(Ledger.use((_) => _.requests({})), ([_]) => [_?.state, (_?.heldUntil ?? 0) - (_?.beganAt ?? 0)])
      yield* tick
      assert.deepStrictEqual(yield* held, ["running", 60_000], "it is believed for a minute from the first")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* held, ["running", 120_000])
      yield* Effect.forkChild(queue.attend(asked("w", { targets: ["a"] }), () => Effect.never), { startImmediately: true })
      yield* TestClock.adjust("5 minutes")
      const [state, until = 0] = yield* held
      assert.strictEqual(state, "running")
      assert.isTrue(Number(until) > 405_000 && Number(until) <= 421_000, `a minute from a sign not fifteen seconds old: ${until}`)
    })))

  it.effect("after a hundred interruptions at random nothing is held, and nothing runs", () => world(interruptions(100, 7)))
})

describe("somebody who looks on", () => {
  const nothing = (value: number) => Effect.succeed([value, { state: "succeeded", note: "well" }] as const)

  it.effect("has it done here and now, and the ledger is told", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [a.asset] }))
      assert.strictEqual(yield* queue.attend(asked("a"), (request) => nothing(request.targets.length)), 1)
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => [_.id, _.state, _.note]), [["a", "succeeded", "well"]])
      yield* free
    })))

  it.effect("has it begun as it is asked for, where nothing stands in its way; its leases are its own meanwhile, and free then", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [a.asset] }))
      const ledger = yield* Ledger
      const held = Effect.map(ledger.leases, (_) => _.map(({ name, request }) => `${name} of ${request}`))
      const seen = yield* queue.attend(asked("a"), () =>
        Effect.gen(function*() {
          return [[yield* states, yield* held], { state: "succeeded", note: "" }] as const
        }))
      assert.deepStrictEqual(seen, [["a running"], ["run of a", "asset a of a"]])
      assert.deepStrictEqual([yield* states, yield* held], [["a succeeded"], []])
      yield* free
    })))

  it.effect("has it asked for and begun in one commit where it is alone, and held for a minute; else it is asked for first", () =>
    world(Effect.gen(function*() {
      const [a, b] = [gated("a"), gated("b")]
      const pipeline = yield* Pipeline.make("test", { assets: [a.asset, b.asset] })
      const told: Array<string> = []
      const listening = Effect.updateService(Ledger, (ledger: Ledger["Service"]) =>
        Ledger.of({
          ...ledger,
          record: (...events) => {
            told.push(...events.flatMap((_) => _._tag === "RunRequested" ? [`asks ${_.id}`] : []))
            return ledger.record(...events)
          },
          begin: (request, leases, owner, until) => {
            told.push(typeof request === "string" ? `begins ${request}` : `asks and begins ${request.id}`)
            return ledger.begin(request, leases, owner, until)
          }
        }))
      const queue = yield* listening(Queue.make(pipeline))
      const now = yield* Clock.currentTimeMillis
      const held = yield* queue.attend(asked("a"), ({ id }) =>
        Effect.gen(function*() {
          const [request] = yield* Ledger.use((_) => _.requests({ ids: [id] }))
          yield* queue.attend(asked("b"), () => nothing(1))
          return [(request?.heldUntil ?? 0) - now, { state: "succeeded", note: "" }] as const
        }))
      assert.strictEqual(held, 60_000)
      assert.deepStrictEqual(told, ["asks and begins a", "asks b", "begins b"])
      yield* free
    })))

  it.effect("waits for the time it names, though nothing else waits", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [a.asset] }))
      const now = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(queue.attend(asked("a", { notBefore: now + 10_000 }), () => nothing(7)), {
        startImmediately: true
      })
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* states, ["a queued"])
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), 7)
    })))

  it.effect("waits for a run that may make the same, is told whom for, and goes on when that has ended", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      yield* ask(asked("first", { targets: ["a"] }))
      const queue = yield* working(a.asset)
      yield* tick
      const told: Array<string> = []
      const waits = (by: ReadonlyArray<Request.Request>) => Effect.sync(() => void told.push(...by.map((_) => _.id)))
      const fiber = yield* Effect.forkChild(queue.attend(asked("a", { priority: 10 }), () => nothing(7), waits), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([told, fiber.pollUnsafe(), yield* states], [["first"], undefined, ["first running", "a queued"]])
      yield* a.gate.open
      yield* tick
      yield* tick
      assert.strictEqual(yield* Fiber.join(fiber), 7)
      assert.deepStrictEqual(yield* states, ["first succeeded", "a succeeded"])
    })))

  it.effect("is told of what holds what it needs, and of all that runs where it waits for a place", () =>
    world(Effect.gen(function*() {
      const [a, b, c] = [gated("a"), gated("b"), gated("c")]
      yield* ask(asked("first", { targets: ["a"] }), asked("other", { targets: ["b"] }))
      const queue = yield* working(a.asset, b.asset, c.asset).pipe(limited({ runs: 2 }))
      yield* tick
      const toldOf = Effect.fnUntraced(function*(id: string, target: string) {
        const told: Array<string> = []
        const waits = (by: ReadonlyArray<Request.Request>) => Effect.sync(() => void told.push(...by.map((_) => _.id)))
        const fiber = yield* Effect.forkChild(queue.attend(asked(id, { targets: [target] }), () => nothing(7), waits), {
          startImmediately: true
        })
        yield* tick
        yield* Fiber.interrupt(fiber)
        return told.toSorted()
      })
      assert.deepStrictEqual([yield* toldOf("x", "a"), yield* toldOf("y", "c")], [["first"], ["first", "other"]])
    })))

  it.effect("interrupted while the ledger is told that it begins, takes the request along", () =>
    world(Effect.gen(function*() {
      const ledger = yield* Ledger
      const slow = Ledger.of({ ...ledger, begin: (...args) => Effect.andThen(Effect.sleep("1 second"), ledger.begin(...args)) })
      const queue = yield* working(gated("a").asset).pipe(Effect.provideService(Ledger, slow))
      const fiber = yield* Effect.forkChild(queue.attend(asked("a"), () => Effect.never), { startImmediately: true })
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(yield* states, ["a interrupted"])
      yield* free
    })))

  it.effect("interrupted while it waits, or while it runs, takes the request along", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const queue = yield* working(a.asset)
      const running = yield* Effect.forkChild(queue.attend(asked("a"), () => Effect.never), { startImmediately: true })
      yield* tick
      const waiting = yield* Effect.forkChild(queue.attend(asked("w", { targets: ["a"] }), () => Effect.never), { startImmediately: true })
      yield* tick
      assert.deepStrictEqual(yield* states, ["a running", "w queued"])
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* states, ["a interrupted", "w interrupted"])
      yield* free
    })))

  it.effect("hears that somebody else took it back, while it waits and while it runs", () =>
    world(Effect.gen(function*() {
      const a = gated("a")
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [a.asset] }))
      const running = yield* Effect.forkChild(queue.attend(asked("a"), () => Effect.never), { startImmediately: true })
      const waiting = yield* Effect.forkChild(queue.attend(asked("w", { targets: ["a"] }), () => Effect.never), { startImmediately: true })
      yield* tick
      yield* Ledger.use((_) => _.record({ _tag: "CancelRequested", request: "w" }, { _tag: "CancelRequested", request: "a" }))
      yield* TestClock.adjust("3 seconds")
      const said = [yield* Effect.flip(Fiber.join(waiting)), yield* Effect.flip(Fiber.join(running))]
      assert.deepStrictEqual(said.map((_) => _.message), ["request w was cancelled", "request a was cancelled"])
      assert.deepStrictEqual(yield* states, ["a cancelled", "w cancelled"])
      yield* free
    })))

  it.effect("of a target that there is not is told so", () =>
    world(Effect.gen(function*() {
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [gated("a").asset] }))
      const error = yield* Effect.flip(queue.attend(asked("b"), () => nothing(1)))
      assert.match(error.message, /^There is no asset or job called "b"/)
      assert.deepStrictEqual(yield* states, ["b failed"])
    })))
})

it.effect("a request for what is missing makes no more than that", () =>
  world(Effect.gen(function*() {
    const made: Array<string> = []
    const daily = Asset.make("daily", { about: "", into: byDay, per: Day }, () =>
      Effect.map(Day, (days) => {
        made.push(`${days}`)
        return days.keys.map((day) => ({ day, value: 1 }))
      }))
    yield* publish(daily, Day.window("2026-11-22"), { codeVersion: "older" })
    yield* working(daily)
    for (const which of ["missing", "stale"] as const) {
      yield* ask(asked(which, { targets: ["daily"], which }))
      for (let i = 0; i < 3; i++) yield* tick
    }
    assert.deepStrictEqual(made, ["2026-11-23..2026-11-24", "2026-11-22"])
  })))

describe("a request that is asked for again", () => {
  /** Two coins, of which one fails until it is mended. */
  const coins = () => {
    const made: Array<string> = []
    const state = { fails: true }
    const prices = Asset.make("prices", { about: "", into: coinByDay, per: Day, of: Coin }, Effect.fnUntraced(function*() {
      const coin = yield* Coin
      const days = yield* Day
      made.push(`${coin} ${days}`)
      if (state.fails && coin === "eth") return yield* Effect.fail("no such coin" as const)
      return days.keys.map((day) => ({ day, coin, price: 1 }))
    }))
    const daily = Asset.make("daily", { about: "", from: { prices }, into: byDay, per: Day },
      ({ prices }) => Effect.map(Day, (days) => days.keys.map((day) => ({ day, value: prices.filter((_) => _.day === day).length }))))
    return { made, state, daily }
  }
  const again = Effect.fnUntraced(function*(id: string, of: string) {
    const [request] = yield* Ledger.use((_) => _.requests({ ids: [of] }))
    if (request !== undefined) yield* ask(Request.again(request, id, "a retry"))
    for (let i = 0; i < 3; i++) yield* tick
  })

  for (const force of [false, true]) {
    it.effect(`${force ? "by force " : ""}makes what had not been committed, and nothing else`, () =>
      world(Effect.gen(function*() {
        const { daily, made, state } = coins()
        yield* working(daily)
        if (force) yield* ask(asked("before", { targets: ["prices"] }))
        for (let i = 0; i < 3; i++) yield* tick
        made.length = 0
        yield* ask(asked("first", { targets: ["prices"], force }))
        for (let i = 0; i < 3; i++) yield* tick
        assert.deepStrictEqual(made.toSorted(), ["btc 2026-11-22..2026-11-24", "eth 2026-11-22..2026-11-24"])
        made.length = 0
        state.fails = false
        yield* again("second", "first")
        assert.deepStrictEqual(made, ["eth 2026-11-22..2026-11-24"])
        made.length = 0
        yield* again("third", "second")
        assert.deepStrictEqual(made, [])
        const told = (yield* Ledger.use((_) => _.requests({}))).map((_) => [_.id, _.state, _.parent]).filter(([id]) => id !== "before")
        assert.deepStrictEqual(told, [["first", "partial", null], ["second", "succeeded", "first"], ["third", "succeeded", "second"]])
      })))
  }
})

it.effect("an end that the ledger could not take is told when it can", () =>
  Effect.gen(function*() {
    const a = gated("a")
    yield* a.gate.open
    const ledger = yield* Ledger
    let deaf = true
    const hardOfHearing = Ledger.of({
      ...ledger,
      record: (...events: readonly [Event, ...ReadonlyArray<Event>]) =>
        deaf && events.some((_) => _._tag === "RequestEnded") ? Effect.die("disk full") : ledger.record(...events)
    })
    yield* working(a.asset).pipe(Effect.provideService(Ledger, hardOfHearing))
    yield* ask(asked("a"))
    yield* tick
    yield* tick
    assert.deepStrictEqual(yield* states, ["a running"])
    deaf = false
    yield* tick
    yield* tick
    assert.deepStrictEqual(yield* states, ["a lost"])
    yield* free
  }).pipe(world))
