/** What the CoinGecko layer does with every kind of answer, under the test's clock; nothing here touches a network. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { type Event, Progress } from "../../../src/engine/Progress.ts"
import { CoinGeckoTest, httpMock, layerClient } from "../../../src/layers/CoinGecko.ts"
import { CoinGecko, type CoinGeckoError } from "../../../src/services/CoinGecko.ts"
import type { Settings } from "../../../src/services/Settings.ts"

const start = Date.UTC(2026, 10, 23, 9)
const midnight = Date.UTC(2026, 10, 23)
const day = 86_400_000
const chart = {
  prices: [[midnight - day, 1], [midnight, 2], [start, 3]],
  market_caps: [[midnight - day, 10], [midnight, null], [start, 30]],
  total_volumes: [[midnight - day, 5], [midnight, 6], [start, 7]]
}
const pong = { gecko_says: "(V3) To the Moon!" }

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

interface Asked {
  readonly at: number
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** A world that answers the n-th request with the n-th reply (the last one for ever), and what was asked of it. */
const world = (replies: ReadonlyArray<(n: number) => Response>, settings: Partial<Settings["Service"]> = {}) => {
  const asked: Array<Asked> = []
  const told: Array<Event> = []
  const http = httpMock((url, request) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      const reply = replies[Math.min(asked.length, replies.length - 1)]
      asked.push({ at: at - start, url, headers: { ...request.headers } })
      return reply === undefined ? json(pong) : reply(asked.length)
    })
  )
  const layer = layerClient.pipe(
    Layer.provide([http, CoinGeckoTest.settings({ plan: "demo", apiKey: Option.some(Redacted.make("canary-5f1c")), ...settings })]),
    Layer.provideMerge(Layer.succeed(Progress, (event) => Effect.sync(() => void told.push(event))))
  )
  return { asked, told, layer }
}

const within = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Parameters<typeof TestClock.adjust>[0] = "20 minutes") =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    yield* TestClock.adjust(time)
    return yield* Fiber.join(fiber)
  })

const ping = CoinGecko.use((_) => _.ping)
const failure = (exit: Exit.Exit<unknown, CoinGeckoError>) =>
  Exit.isFailure(exit) ? exit.cause.reasons.flatMap((_) => _._tag === "Fail" ? [_.error] : [])[0] : undefined

describe("a request", () => {
  it.effect("carries the key in the plan's header and nowhere else, and a descriptive name", () => {
    const { asked, layer } = world([() => json(chart)])
    return Effect.gen(function*() {
      yield* within(CoinGecko.use((_) => _.marketChart({ coin: "usd-coin/../ping", days: 30 })))
      const [first] = asked
      assert.strictEqual(first?.headers["x-cg-demo-api-key"], "canary-5f1c")
      assert.isUndefined(first?.headers["x-cg-pro-api-key"])
      assert.match(first?.headers["user-agent"] ?? "", /^crypto-pipeline\/\d/)
      assert.isUndefined(first?.headers["traceparent"])
      assert.isUndefined(first?.headers["b3"])
      assert.notInclude(first?.url.href ?? "", "canary")
      assert.include(first?.url.pathname ?? "", "/coins/usd-coin%2F..%2Fping/market_chart")
      assert.strictEqual(first?.url.searchParams.get("interval"), "daily")
    }).pipe(Effect.provide(layer))
  })

  it.effect("has no key header when the plan is keyless", () => {
    const { asked, layer } = world([() => json(pong)], { plan: "keyless" })
    return Effect.gen(function*() {
      yield* within(ping)
      assert.isUndefined(asked[0]?.headers["x-cg-demo-api-key"])
    }).pipe(Effect.provide(layer))
  })
})

describe("is tried again", () => {
  const bad: ReadonlyArray<readonly [string, () => Response]> = [
    ["500", () => json({ status: 500, error: "Internal Server Error" }, 500)],
    ["502 in HTML", () => new Response("<html>Bad Gateway</html>", { status: 502, headers: { "content-type": "text/html" } })],
    ["Cloudflare's 522", () => new Response("", { status: 522 })],
    ["408", () => json({}, 408)],
    ["425", () => json({}, 425)],
    ["an empty 200", () => new Response("", { headers: { "content-type": "application/json" } })],
    ["JSON cut off", () => new Response("{\"gecko_says\": \"(V3", { headers: { "content-type": "application/json" } })],
    ["a 429's envelope under a 200", () => json({ status: { error_code: 429, error_message: "You've exceeded the Rate Limit." } })],
    ["a 429 with nothing", () => new Response(null, { status: 429 })]
  ]
  for (const [name, reply] of bad) {
    it.effect(name, () => {
      const { asked, layer } = world([reply, reply, () => json(pong)])
      return Effect.gen(function*() {
        assert.deepStrictEqual(yield* within(ping), Exit.succeed(pong.gecko_says))
        assert.lengthOf(asked, 3)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("a 10012 under a 200 for dates that the plan serves, and not for older ones", () => {
    const refusal = () => json({ error: { status: { timestamp: "", error_code: 10012, error_message: "beyond" } } })
    const served = world([refusal, () => json(chart)])
    const older = world([refusal, () => json(chart)])
    return Effect.gen(function*() {
      const good = yield* within(CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 30 }))).pipe(Effect.provide(served.layer))
      assert.isTrue(Exit.isSuccess(good))
      const bad = yield* within(CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 900 }))).pipe(Effect.provide(older.layer))
      assert.strictEqual(failure(bad)?.reason._tag, "BeyondDepth")
      assert.lengthOf(older.asked, 1)
    })
  })
})

describe("is final", () => {
  const bad: ReadonlyArray<readonly [string, () => Response, string]> = [
    ["400", () => json({ error: "invalid vs_currency" }, 400), "BadRequest"],
    [
      "400 with a code outside its status",
      () => json({ timestamp: "", error_code: 10011, status: { error_message: "demo key" } }, 400),
      "Unauthorized"
    ],
    ["401", () => json({ status: { error_code: 10002, error_message: "Missing API Key" } }, 401), "Unauthorized"],
    ["401 beyond the depth", () => json({ error: { status: { error_code: 10012, error_message: "365 days" } } }, 401), "BeyondDepth"],
    ["403", () => json({ status: { error_code: 403, error_message: "Please add a descriptive User-Agent" } }, 403), "Forbidden"],
    ["404", () => json({ error: "coin not found" }, 404), "NotFound"],
    ["404's envelope under a 200", () => json({ error: "coin not found" }), "NotFound"],
    ["422", () => json({ error: "Missing parameter vs_currency" }, 422), "BadRequest"],
    ["302", () => new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } }), "BadBody"],
    ["another shape", () => json({ gecko: 1 }), "BadBody"],
    [
      "__proto__ in the body",
      () => new Response("{\"gecko_says\":\"x\",\"__proto__\":{\"a\":1}}", { headers: { "content-type": "application/json" } }),
      "BadBody"
    ],
    [
      "a number that is none",
      () => new Response("{\"gecko_says\":\"x\",\"n\":1e400}", { headers: { "content-type": "application/json" } }),
      "BadBody"
    ],
    [
      "bytes that are no UTF-8",
      () => new Response(new Uint8Array([123, 34, 255, 34, 125]), { headers: { "content-type": "application/json" } }),
      "BadBody"
    ],
    ["a Retry-After of ten minutes", () => json({}, 429, { "retry-after": "600" }), "RateLimited"]
  ]
  for (const [name, reply, tag] of bad) {
    it.effect(name, () => {
      const { asked, layer } = world([reply])
      return Effect.gen(function*() {
        const error = failure(yield* within(ping))
        assert.strictEqual(error?.reason._tag, tag, error?.message)
        assert.lengthOf(asked, 1)
        assert.notInclude(error?.message ?? "", "canary")
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("what echoes the key does not get it into the error", () => {
    const { layer } = world([() => json({ error: "bad key canary-5f1c" }, 400)])
    return Effect.gen(function*() {
      const error = failure(yield* within(ping))
      assert.include(error?.message ?? "", "[key]")
      assert.notInclude(JSON.stringify(error), "canary-5f1c")
    }).pipe(Effect.provide(layer))
  })

  for (
    const [name, cause, attempts] of [
      ["a connection that breaks each time, after six attempts", new Error("ECONNRESET"), 6],
      ["a server that is not there, after three", new Error("connect ECONNREFUSED 127.0.0.1:9"), 3]
    ] as const
  ) {
    it.effect(name, () => {
      let asked = 0
      const http = httpMock(() => Effect.suspend(() => (asked++, Effect.fail(cause))))
      const layer = layerClient.pipe(Layer.provide([http, CoinGeckoTest.settings()]))
      return Effect.gen(function*() {
        const error = failure(yield* within(ping, "20 seconds"))
        assert.strictEqual(error?.reason._tag, "Transport")
        assert.strictEqual(asked, attempts, error?.message)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("an outage, after twelve attempts", () => {
    const { asked, layer } = world([() => json({}, 503)])
    return Effect.gen(function*() {
      const error = failure(yield* within(ping))
      assert.strictEqual(error?.reason._tag, "ServerError")
      assert.lengthOf(asked, 12)
    }).pipe(Effect.provide(layer))
  })
})

describe("a 429", () => {
  it.effect("pauses every call until its Retry-After, and says so", () => {
    const { asked, layer, told } = world([() => json({}, 429, { "retry-after": "37" }), () => json(pong)])
    return Effect.gen(function*() {
      const other = Effect.delay(ping, "5 seconds")
      assert.isTrue(Exit.isSuccess(yield* within(Effect.all([ping, other], { concurrency: 2 }))))
      assert.lengthOf(asked, 3)
      assert.isTrue(asked.slice(1).every((_) => _.at >= 37_000), JSON.stringify(asked.map((_) => _.at)))
      assert.isTrue(told.some((_) => _._tag === "Waiting"))
    }).pipe(Effect.provide(layer))
  })

  it.effect("is waited out by the call that met it, which says so once", () => {
    const { layer, told } = world([() => json({}, 429, { "retry-after": "37" }), () => json(pong)])
    return Effect.gen(function*() {
      yield* within(ping)
      const waits = told.flatMap((_) => _._tag === "Waiting" ? [_] : [])
      assert.deepStrictEqual(waits.map((_) => _.until - start), [37_000])
      assert.match(waits[0]?.why ?? "", /^CoinGecko, GET \/ping: the rate limit is used up \(429\)/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("under a 200 pauses every call, too", () => {
    const limited = () => json({ status: { error_code: 429, error_message: "You've exceeded the Rate Limit." } })
    const { asked, layer } = world([limited, () => json(pong)])
    return Effect.gen(function*() {
      assert.isTrue(Exit.isSuccess(yield* within(Effect.all([ping, Effect.delay(ping, "1 second")], { concurrency: 2 }))))
      assert.lengthOf(asked, 3)
      assert.isTrue(asked.slice(1).every((_) => _.at >= 5000), JSON.stringify(asked.map((_) => _.at)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("that asks for more than five minutes is final, and nobody is asked meanwhile", () => {
    const { asked, layer } = world([() => json({}, 429, { "retry-after": "600" }), () => json(pong)])
    return Effect.gen(function*() {
      const exit = yield* within(Effect.all([Effect.flip(ping), Effect.flip(Effect.delay(ping, "1 minute"))]))
      assert.isTrue(Exit.isSuccess(exit))
      if (!Exit.isSuccess(exit)) return
      assert.deepStrictEqual(exit.value.map(({ reason }) => reason._tag === "RateLimited" ? reason.retryAfter : reason._tag), [600, 540])
      assert.deepStrictEqual(exit.value.map((_) => _.notBefore), [start + 600_000, start + 600_000])
      assert.match(exit.value[0]?.message ?? "", /Try again in 600 s, from \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC on;/)
      assert.lengthOf(asked, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("may say when by x-ratelimit-reset, a date and no epoch", () => {
    const { asked, layer } = world([() => json({}, 429, { "x-ratelimit-reset": "2026-11-23 09:00:50 +0000" }), () => json(pong)])
    return Effect.gen(function*() {
      yield* within(ping)
      assert.isAtLeast(asked[1]?.at ?? 0, 50_000)
    }).pipe(Effect.provide(layer))
  })
})

describe("the limit", () => {
  it.effect("holds in every rolling minute, and little of it is left unused", () => {
    const { asked, layer } = world([() => json(pong)], { rateLimit: 6 })
    return Effect.gen(function*() {
      yield* within(Effect.all(Array.from({ length: 30 }, () => ping), { concurrency: "unbounded" }), "10 minutes")
      assert.lengthOf(asked, 30)
      const at = asked.map((_) => _.at)
      assert.strictEqual(Math.max(...at.map((t) => at.filter((u) => u >= t && u < t + 60_000).length)), 6)
      // five bursts of six, a minute and a second apart
      assert.isAtMost(at.at(-1) ?? Infinity, 4 * 61_000 + 1000)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is given out in the order in which calls came", () => {
    const { asked, layer } = world([() => json(chart)], { rateLimit: 1 })
    const of = (coin: string) => CoinGecko.use((_) => _.marketChart({ coin, days: 2 }))
    return Effect.gen(function*() {
      // it comes at the instant at which the second's turn is, and is first on the clock
      yield* within(Effect.all([Effect.delay(of("third"), "61 seconds"), of("first"), of("second")], { concurrency: "unbounded" }))
      assert.deepStrictEqual(asked.map(({ url }) => /coins\/(\w+)/.exec(url.pathname)?.[1]), ["first", "second", "third"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the call that would pass the month's credits is not made; a refusal costs none", () => {
    const { asked, layer } = world([() => json({ error: "coin not found" }, 404), () => json(pong)], { monthlyCredits: Option.some(2) })
    return Effect.gen(function*() {
      const exit = yield* within(Effect.all([Effect.exit(ping), ping, ping, Effect.flip(ping)]))
      assert.isTrue(Exit.isSuccess(exit))
      if (Exit.isSuccess(exit)) assert.strictEqual(exit.value[3].reason._tag, "Budget")
      assert.lengthOf(asked, 3)
    }).pipe(Effect.provide(layer))
  })
})

describe("rows", () => {
  it.effect("one that does not fit is left out and named; text is cleaned", () => {
    const row = { id: "bitcoin", symbol: "btc", name: "Bit\u0007coin\u202e", current_price: 1, market_cap: null, total_volume: 2 }
    const { layer } = world([() => json([row, { ...row, id: "worse", current_price: "12" }])])
    return Effect.gen(function*() {
      const exit = yield* within(CoinGecko.use((_) => _.markets({ ids: ["bitcoin", "worse"] })))
      assert.isTrue(Exit.isSuccess(exit))
      if (!Exit.isSuccess(exit)) return
      assert.deepStrictEqual(exit.value.rows.map((_) => [_.id, _.name, _.market_cap]), [["bitcoin", "Bitcoin", null]])
      assert.lengthOf(exit.value.rejected, 1)
      assert.include(exit.value.rejected[0]?.row ?? "", "worse")
    }).pipe(Effect.provide(layer))
  })

  it.effect("a coin that moved from one page of markets to the next between two calls is there once, as it came first", () => {
    const row = (id: string, price: number) => ({ id, symbol: "x", name: "X", current_price: price, market_cap: 1, total_volume: 2 })
    const { layer } = world([
      () => json(Array.from({ length: 250 }, (_, i) => row(`coin-${i}`, 1))),
      () => json([row("coin-249", 2), row("coin-250", 2)])
    ])
    return Effect.gen(function*() {
      const exit = yield* within(CoinGecko.use((_) => _.markets({ top: 300 })))
      assert.isTrue(Exit.isSuccess(exit))
      if (!Exit.isSuccess(exit)) return
      assert.deepStrictEqual(exit.value.rows.slice(249).map((_) => [_.id, _.current_price]), [["coin-249", 1], ["coin-250", 2]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a chart whose stamps are seconds is none: nothing of it is taken for 1970", () => {
    const seconds = [[midnight / 1000, 1]]
    const { layer } = world([() => json({ prices: seconds, market_caps: seconds, total_volumes: seconds })])
    return Effect.gen(function*() {
      const exit = yield* within(CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 2 })))
      assert.strictEqual(failure(exit)?.reason._tag, "BadBody")
    }).pipe(Effect.provide(layer))
  })

  it.effect("a chart's days are its midnights; a null stays null", () => {
    const { layer } = world([() => json(chart)])
    return Effect.gen(function*() {
      const exit = yield* within(CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 2 })))
      assert.isTrue(Exit.isSuccess(exit))
      if (!Exit.isSuccess(exit)) return
      assert.deepStrictEqual(exit.value.days.map((_) => [_.day, _.price, _.marketCap, _.totalVolume]), [["2026-11-22", 1, 10, 5], [
        "2026-11-23",
        2,
        null,
        6
      ]])
    }).pipe(Effect.provide(layer))
  })
})
