import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { make, PortTaken, serve } from "../../../src/layers/Sandbox.ts"

const NOW = Date.UTC(2026, 10, 24, 12)

/** What the server sends back to these bytes before it closes or falls silent for good. */
const raw = (url: string, text: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.end(text))
    let got = ""
    socket.on("data", (bytes) => got += bytes.toString("latin1"))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(got)))
  })
const get = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))

describe("sandbox server", () => {
  it.effect("port 0 takes a free port of the loopback address and answers real requests by the Clock", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(NOW)
      const { url } = yield* serve({ port: 0, seed: "s" })
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/api\/v3$/)
      const path = "/coins/bitcoin/market_chart?vs_currency=usd&days=365&interval=daily"
      const response = yield* get(`${url}${path}`)
      assert.strictEqual(response.headers.get("content-type"), "application/json; charset=utf-8")
      const wanted = make("s").respond(new Request(`http://x/api/v3${path}`, { headers: { "user-agent": "x" } }), NOW)
      assert.strictEqual(yield* Effect.promise(() => response.text()), yield* Effect.promise(() => wanted.text()))
      yield* TestClock.adjust("1 day")
      const later = yield* get(`${url}${path}`)
      assert.include(yield* Effect.promise(() => later.text()), String(Date.UTC(2026, 10, 25)))
    }))

  it.effect("a strange host, path or method does no harm, and what is no HTTP is a 400", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(NOW)
      const { url } = yield* serve({ port: 0, seed: "s" })
      const ask = (line: string, host = "evil.example") =>
        raw(url, `${line} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: t\r\nConnection: close\r\n\r\n`)
      const status = (text: string) => text.split("\r\n")[0]
      assert.strictEqual(status(yield* ask("GET /api/v3/ping")), "HTTP/1.1 200 OK")
      assert.strictEqual(status(yield* ask("GET /api/v3/ping", "]]]%%:99999")), "HTTP/1.1 200 OK")
      assert.strictEqual(status(yield* ask("GET http://user:pass@evil.example/api/v3/ping")), "HTTP/1.1 200 OK")
      for (
        const path of [
          "/",
          "//evil.example/api/v3/ping",
          "/api/v3/../../etc/passwd",
          "/api/v3/coins/%00",
          "/api/v3/coins/%E0%A4%A",
          `/api/v3/coins/${"a".repeat(9_000)}`
        ]
      ) {
        assert.strictEqual(status(yield* ask(`GET ${path}`)), "HTTP/1.1 404 Not Found", path)
      }
      for (const line of ["POST /api/v3/ping", "DELETE /api/v3/ping", "TRACE /api/v3/ping", "OPTIONS /api/v3/ping"]) {
        assert.strictEqual(status(yield* ask(line)), "HTTP/1.1 404 Not Found", line)
      }
      assert.strictEqual(status(yield* ask("OPTIONS *")), "HTTP/1.1 400 Bad Request")
      assert.strictEqual(status(yield* raw(url, "nonsense\r\n\r\n")), "HTTP/1.1 400 Bad Request")
      assert.strictEqual(status(yield* raw(url, "GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
        "HTTP/1.1 403 Forbidden")
      assert.strictEqual((yield* get(`${url}/ping`)).status, 200)
    }))

  it.effect("a taken port is told as such; a closed scope frees it", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { url } = yield* serve({ port: 0, seed: "s" }).pipe(Scope.provide(scope))
      const port = Number(new URL(url).port)
      const error = yield* Effect.flip(serve({ port, seed: "s" }))
      assert.deepStrictEqual(error.reason, new PortTaken({ port }))
      assert.include(error.message, `port ${port} of 127.0.0.1 is taken`)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* serve({ port, seed: "s" })).url, url)
    }))

  it.effect("a client that never ends its request does not keep the scope open", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { url } = yield* serve({ port: 0, seed: "s" }).pipe(Scope.provide(scope))
      const socket = connect(Number(new URL(url).port), "127.0.0.1")
      socket.on("error", () => {})
      // the first request is answered, so the connection is known to the server when the second one stalls
      yield* Effect.callback<void>((resume) => {
        socket.once("data", () => resume(Effect.void))
        socket.write("GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\n\r\nPOST /api/v3/ping HTTP/1.1\r\nHost: x\r\n")
      })
      yield* Scope.close(scope, Exit.void)
      socket.destroy()
    }))

  it.effect("a port that cannot be is an error, not a crash", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(serve({ port: 70_000, seed: "s" }))
      assert.strictEqual(error.reason._tag, "CannotListen")
    }))
})
