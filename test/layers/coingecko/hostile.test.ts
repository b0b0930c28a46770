/** A server on this machine that does what servers should not, over real sockets and with the real files: each ends typed, and the key goes nowhere else. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Redacted } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { CoinGeckoTest, layer } from "../../../src/layers/CoinGecko.ts"
import { CoinGecko, type CoinGeckoError } from "../../../src/services/CoinGecko.ts"
import type { NoCallLog } from "../../../src/services/CoinGeckoError.ts"

const key = "canary-5f1c-77"
const pong = "{\"gecko_says\":\"(V3) To the Moon!\"}"
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32), { level: 9 })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "coingecko-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)

const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const listen = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer(answer)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  ).pipe(Effect.map(portOf))

/** What comes of a ping to a server that answers so, with the files it left. */
const pinged = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.gen(function*() {
    const dir = yield* folder
    const port = yield* listen(answer)
    const settings = CoinGeckoTest.settings({
      baseUrl: `http://127.0.0.1:${port}`,
      plan: "demo",
      apiKey: Option.some(Redacted.make(key)),
      dataDir: join(dir, "data"),
      stateDir: join(dir, "state")
    })
    const exit = yield* CoinGecko.use((_) => _.ping).pipe(Effect.provide(Layer.provideMerge(layer, settings)), Effect.exit)
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((_) => _.isFile()).map((_) =>
      join(_.parentPath, _.name)
    )
    const bytes = files.map((_) => (_.endsWith(".gz") ? gunzipSync(readFileSync(_)) : readFileSync(_)).toString("latin1"))
    assert.isTrue(bytes.every((_) => !_.includes(key)), "the key is in no file")
    assert.notInclude(JSON.stringify(exit), key)
    return { exit, files: files.map((_) => _.slice(dir.length + 1)) }
  })

const problemOf = (exit: Exit.Exit<unknown, CoinGeckoError | NoCallLog>) => {
  const [error] = Exit.isFailure(exit) ? exit.cause.reasons.flatMap((_) => _._tag === "Fail" ? [_.error] : []) : []
  if (error?._tag !== "CoinGeckoError") return error?._tag
  return error.reason._tag === "BadBody" ? error.reason.problem : error.reason._tag
}

it.live("a redirect to another host is refused, and that host is never asked", () =>
  Effect.gen(function*() {
    let others = 0
    const other = yield* listen((_, response) => {
      others++
      response.setHeader("content-type", "application/json").end(pong)
    })
    const { exit } = yield* pinged((_, response) => void response.writeHead(302, { location: `http://localhost:${other}/ping` }).end())
    assert.strictEqual(problemOf(exit), "Redirect")
    assert.strictEqual(others, 0)
  }).pipe(Effect.scoped))

it.live("a server that says the key back gets it into nothing: neither as data nor as an address nor as a refusal", () =>
  Effect.gen(function*() {
    const told: ReadonlyArray<readonly [unknown, (response: ServerResponse) => void]> = [
      [undefined, (_) => void _.setHeader("content-type", "application/json").end(JSON.stringify({ gecko_says: `hello ${key}` }))],
      ["Redirect", (_) => void _.writeHead(302, { location: `http://${key}.example/` }).end()],
      ["BadRequest", (_) => void _.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: key }))]
    ]
    for (const [problem, send] of told) {
      // what is kept and what is said is looked through there
      const { exit, files } = yield* pinged((request, response) => {
        assert.strictEqual(request.headers["x-cg-demo-api-key"], key)
        send(response)
      })
      assert.strictEqual(problemOf(exit), problem)
      if (problem !== undefined) continue
      assert.deepStrictEqual(exit, Exit.succeed("hello [key]"))
      assert.lengthOf(files.filter((_) => _.startsWith("data/raw")), 1)
    }
  }).pipe(Effect.scoped))

const hostile: ReadonlyArray<readonly [string, string, (response: ServerResponse) => void]> = [
  ["64 MB in a small gzip", "TooLarge", (_) => void _.setHeader("content-encoding", "gzip").end(bomb)],
  ["a terabyte, declared", "TooLarge", (_) => void _.setHeader("content-length", String(10 ** 12)).write("[")],
  ["bytes that are no UTF-8", "NotUtf8", (_) => void _.end(Buffer.from([0x22, 0xff, 0x22]))],
  ["a key called __proto__", "Unsafe", (_) => void _.end("{\"gecko_says\":\"x\",\"__proto__\":{}}")]
]
for (const [name, problem, send] of hostile) {
  it.live(`${name} is refused`, () =>
    Effect.gen(function*() {
      const { exit, files } = yield* pinged((_, response) => send(response.setHeader("content-type", "application/json")))
      assert.strictEqual(problemOf(exit), problem)
      assert.deepStrictEqual(files.filter((_) => _.startsWith("data")), [], "nothing of it is kept")
    }).pipe(Effect.scoped))
}

it.live("a connection cut in the middle of the body is asked again; the raw answer that was used is kept", () =>
  Effect.gen(function*() {
    let asked = 0
    const { exit, files } = yield* pinged((_, response) => {
      response.setHeader("content-type", "application/json")
      if (asked++ > 0) return void response.end(pong)
      response.setHeader("content-length", "1000").write("{\"gecko")
      setImmediate(() => response.destroy())
    })
    assert.deepStrictEqual(exit, Exit.succeed("(V3) To the Moon!"))
    assert.strictEqual(asked, 2)
    const raw = files.filter((_) => _.startsWith("data"))
    assert.lengthOf(raw, 1)
    assert.match(raw[0] ?? "", /^data\/raw\/ping\/\d{4}-\d\d-\d\d\/\d{6}-[a-z0-9-]+\.json\.gz$/)
  }).pipe(Effect.scoped))
