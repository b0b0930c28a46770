/** The API as a client and as a stranger meets it: on a real socket, on a port of the system's choice. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, Stream } from "effect"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Asset from "../../src/engine/Asset.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Queue from "../../src/engine/Queue.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as Client from "../../src/web/Client.ts"
import * as Post from "../../src/web/Post.ts"
import * as Server from "../../src/web/Server.ts"

const token = "a token that nobody guesses"
const a = Asset.make("a", { about: "One value", group: "extract", into: Memory.store<{ readonly value: number }>()() },
  () => Effect.succeed([{ value: 1 }]))
const b = Asset.make("b", { about: "The same", from: { a }, into: Memory.store<{ readonly value: number }>()() },
  ({ a }) => Effect.succeed(a))
const pipeline = Pipeline.make("test", { assets: [b] })

const facing = { columns: 80, errColumns: 80, errRows: 24, outIsTerminal: false, hasColour: false, animates: false }
const asked = (...args: ReadonlyArray<string>) => ({ args, cwd: "/", settings: {}, facing })

/** A command that says what it was given, and one that goes on until it is stopped. */
const serving = (stopped: Deferred.Deferred<string>, begun: Deferred.Deferred<void>): Server.Served["command"] => ({ args }, say) => {
  if (args[0] === "boom") return Effect.die(new Error("a secret: /root/x"))
  if (args[0] !== "long") return Effect.sync(() => (say({ _tag: "Out", text: args.join(" ") }), say({ _tag: "Err", text: "well" }), 3))
  return Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
    Effect.onInterrupt(() =>
      Effect.andThen(Effect.sync(() => say({ _tag: "Err", text: "Interrupted." })), Deferred.succeed(stopped, "stopped"))
    )
  )
}

const world = Layer.effect(Queue.Queue, Effect.flatMap(pipeline, Queue.make)).pipe(
  Layer.provideMerge(Layer.mergeAll(Memory.rows, Memory.manifest, LedgerLayer.layer(":memory:")))
)

const served = <A, E>(
  test: (of: {
    readonly port: number
    readonly client: Client.Client
    readonly stopped: Effect.Effect<string>
    readonly begun: Effect.Effect<void>
  }) => Effect.Effect<A, E, Ledger | Queue.Queue>
) =>
  Effect.gen(function*() {
    const stopped = yield* Deferred.make<string>()
    const begun = yield* Deferred.make<void>()
    const events = Stream.make({ at: 1, event: { _tag: "RunEnded", run: "r" } })
    const command = serving(stopped, begun)
    const port = yield* Server.serve({ port: 0, token, version: "1.2.3", pid: 7, since: 5, pipeline: yield* pipeline, command, events })
    const met = yield* Client.meet({ pid: 7, port, token, since: 5 })
    const client = yield* Effect.fromOption(Option.map(met, (_) => _.client))
    return yield* test({ port, client, stopped: Deferred.await(stopped), begun: Deferred.await(begun) })
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(world, NodeServices.layer), { local: true }))

/** As a stranger asks, header by header. */
const raw = (
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Buffer } = {}
) =>
  Effect.callback<{ readonly status: number; readonly body: string; readonly headers: NodeJS.Dict<string | Array<string>> }>((resume) => {
    const { body, headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }, method = "GET" } = options
    const asking = request({ host: "127.0.0.1", port, path, method, headers: { connection: "close", ...headers } }, (answer) => {
      const parts: Array<Buffer> = []
      answer.on("data", (_: Buffer) => parts.push(_))
      answer.on("end", () =>
        resume(Effect.succeed({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts).toString() })))
    })
    asking.on("error", () => resume(Effect.succeed({ status: 0, body: "", headers: {} })))
    asking.end(body)
  })

it.live("tells assets, plans and runs, and takes requests, typed for both sides", () =>
  served(({ client }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* client.assets.list()).map((_) => [_.name, _.group, _.from]), [["a", "extract", []], ["b", null, [
        "a"
      ]]])
      assert.strictEqual((yield* client.assets.byName({ params: { id: "b" } })).about, "The same")
      assert.strictEqual((yield* Effect.flip(client.assets.byName({ params: { id: "c" } })))._tag, "NotFound")
      const plan = yield* client.assets.plan({ payload: { targets: ["b"] } })
      assert.deepStrictEqual(plan.steps.map((_) => [_.asset, _.why]), [["a", { "never made": 1 }], ["b", { "never made": 1 }]])
      const refused = yield* Effect.flip(client.assets.plan({ payload: { targets: ["c"] } }))
      assert.match(refused.message, /There is no asset or job called "c"/)
      const { request } = yield* client.runs.ask({ payload: { targets: ["b"], priority: 2 } })
      assert.deepStrictEqual((yield* client.runs.requests({ query: {} })).map((_) => [_.id, _.state, _.priority]), [[request, "queued", 2]])
      assert.strictEqual((yield* Effect.flip(client.runs.again({ params: { id: request }, payload: {} })))._tag, "Refused")
      yield* client.runs.cancel({ params: { id: request }, payload: {} })
      assert.strictEqual((yield* Effect.flip(client.runs.cancel({ params: { id: request }, payload: {} })))._tag, "NotFound")
      const again = yield* client.runs.again({ params: { id: request }, payload: {} })
      assert.deepStrictEqual((yield* client.runs.requests({ query: {} })).map((_) => [_.id, _.state, _.parent]), [
        [request, "cancelled", null],
        [again.request, "queued", request]
      ])
      assert.strictEqual((yield* Effect.flip(client.runs.ask({ payload: { targets: ["c"] } })))._tag, "Refused")
      assert.deepStrictEqual(yield* client.runs.list({ query: {} }), [])
      const [event] = yield* client.daemon.events().pipe(Stream.unwrap, Stream.runCollect)
      assert.deepStrictEqual(event, { at: 1, event: { _tag: "RunEnded", run: "r" } })
    })
  ))

it.live("does a command for another process: what it says, in order, and its exit code", () =>
  served(({ client }) =>
    Effect.gen(function*() {
      const said: Array<string> = []
      const code = yield* Client.command(client, 7, asked("list", "--json"), (_) =>
        void said.push("text" in _ ? `${_._tag} ${_.text}` : ""))
      assert.deepStrictEqual([said, code], [["Out list --json", "Err well"], 3])
      assert.strictEqual(yield* Client.command(client, 7, asked("boom"), () => {}), 1)
    })
  ))

it.live("a command is stopped when whoever looks on interrupts it, and heard to its end", () =>
  served(({ begun, client, stopped }) =>
    Effect.gen(function*() {
      const said: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Client.command(client, 7, asked("long"), (_) => void said.push("text" in _ ? _.text : "")),
        { startImmediately: true }
      )
      yield* begun
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([yield* stopped, said], ["stopped", ["Interrupted."]])
    })
  ))

it.live("a command is stopped when whoever looks on is gone", () =>
  served(({ begun, port, stopped }) =>
    Effect.gen(function*() {
      const body = JSON.stringify({ ...asked("long"), id: "x" })
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
      const asking = request({ host: "127.0.0.1", port, path: "/api/commands", method: "POST", headers })
      asking.on("error", () => {})
      asking.end(body)
      yield* begun
      asking.destroy()
      assert.strictEqual(yield* stopped, "stopped")
    })
  ))

it.live("shows its token to nobody, and is believed only by who finds that it knows it", () =>
  served(({ port }) =>
    Effect.gen(function*() {
      const hello = yield* raw(port, "/api/hello?nonce=1", { headers: {} })
      assert.strictEqual(hello.status, 200)
      assert.notInclude(hello.body, token)
      assert.isTrue(Option.isNone(yield* Client.meet({ pid: 7, port, token: "another", since: 5 })))
      assert.isTrue(Option.isNone(yield* Client.meet({ pid: 7, port: 1, token, since: 5 })), "nobody answers there")
    })
  ))

it.live("refuses each stranger, and lets the same request in without what was strange", () =>
  served(({ port }) =>
    Effect.gen(function*() {
      const status = (path: string, options?: Parameters<typeof raw>[2]) => Effect.map(raw(port, path, options), (_) => _.status)
      const good = { authorization: `Bearer ${token}`, "content-type": "application/json" }
      const body = JSON.stringify({ targets: ["a"] })
      const plan = (headers: Record<string, string>) => status("/api/plan", { method: "POST", headers, body })
      assert.strictEqual(yield* plan(good), 200)
      assert.strictEqual(yield* plan({ ...good, host: "evil.example" }), 403)
      assert.strictEqual(yield* plan({ ...good, origin: "http://evil.example" }), 403)
      assert.strictEqual(yield* plan({ ...good, "sec-fetch-site": "cross-site" }), 403)
      assert.strictEqual(yield* plan({ ...good, "content-type": "text/plain" }), 415)
      assert.strictEqual(yield* plan({ ...good, authorization: "Bearer x" }), 401)
      assert.strictEqual(yield* status("/api/plan", { method: "PUT", headers: good, body }), 405)
      assert.strictEqual(yield* status("/api/runs"), 200)
      assert.strictEqual(yield* status("/api/nothing"), 404)
      const large = yield* status("/api/plan", { method: "POST", headers: good, body: Buffer.alloc(3_000_000, " ") })
      assert.include([0, 413], large, "cut off, or told that it is too large")
      assert.strictEqual(yield* plan(good), 200, "and it goes on")
    })
  ))

it.live("a GET changes nothing, and what goes wrong is said without a stack", () =>
  served(({ port }) =>
    Effect.gen(function*() {
      for (const path of ["/api/requests", "/api/commands", "/api/plan", "/api/requests/x/cancel", "/api/requests/x/again"])
        yield* raw(
          port,
          path
        )
      assert.deepStrictEqual(yield* Ledger.use((_) => _.requests({})), [])
      const bad = yield* raw(port, "/api/plan", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ targets: 7 })
      })
      assert.strictEqual(bad.status, 400)
      assert.notMatch(bad.body, /node_modules|\.ts:\d|at file:/)
      assert.strictEqual(bad.headers["x-content-type-options"], "nosniff")
    })
  ))

it.live("the note of where it answers is for its user's eyes, and is gone with it", () =>
  Effect.gen(function*() {
    const folder = mkdtempSync(join(tmpdir(), "post-"))
    const data = join(folder, "x.duckdb")
    const post = { pid: 7, port: 8, token, since: 9 }
    yield* Effect.scoped(Effect.gen(function*() {
      yield* Post.put(data, post)
      assert.strictEqual(statSync(Post.fileOf(data)).mode & 0o777, 0o600)
      assert.deepStrictEqual(yield* Post.find(data), Option.some(post))
    }))
    assert.deepStrictEqual(yield* Post.find(data), Option.none())
    rmSync(folder, { recursive: true })
  }).pipe(Effect.provide(NodeServices.layer)))
