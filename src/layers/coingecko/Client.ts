/**
 * One call to CoinGecko, with all that holds for every call: a slot of the call log, the guarded exchange, the refusals told
 * apart, the raw answer kept, bad rows named, and the retry round the whole of it.
 */
import { Clock, Effect, Option, Redacted, Result, Semaphore } from "effect"
import { HttpClient } from "effect/http"
import { Note } from "../../engine/Note.ts"
import { Progress } from "../../engine/Progress.ts"
import { cleanText } from "../../services/CleanText.ts"
import { BadBody, CoinGeckoError, Drifted } from "../../services/CoinGeckoError.ts"
import { describe as describeDrift, type Drift, type EndpointName, Policies } from "../../services/Drift.ts"
import { Settings } from "../../services/Settings.ts"
import * as Answer from "./Answer.ts"
import { CallLog } from "./CallLog.ts"
import type { Decoded, Endpoint } from "./Endpoint.ts"
import * as Gate from "./Gate.ts"
import * as Json from "./Json.ts"
import { RawStore } from "./RawStore.ts"
import * as Refusal from "./Refusal.ts"
import * as Retry from "./Retry.ts"

export interface Client {
  readonly call: <Asked, A>(endpoint: Endpoint<Asked, A>, asked: Asked) => Effect.Effect<A, CoinGeckoError>
}

export const make = Effect.gen(function*() {
  const settings = yield* Settings
  const http = yield* HttpClient.HttpClient
  const log = yield* CallLog
  const raw = yield* RawStore
  const gate = yield* Gate.make({ limit: settings.rateLimit, monthlyCredits: Option.getOrUndefined(settings.monthlyCredits) })
  const connections = yield* Semaphore.make(mostConnections)
  const hide = hider(settings)
  const declared = yield* Policies
  /** New fields harm nobody: each is told once. */
  const seen = new Set<string>()

  /** One attempt: sends, and makes of the answer what can be made of it. `sent` and `status` tell how far it came. */
  const attempt = Effect.fnUntraced(function*<Asked, A>(endpoint: Endpoint<Asked, A>, asked: Asked, params: Params, trace: Trace) {
    const path = endpoint.path(asked)
    const response = yield* gate.through(Effect.suspend(() => {
      const request = Answer.request(settings, path, params)
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        trace.sent = now
        return Answer.send(http, request)
      })
    }))
    trace.status = response.status
    const now = yield* Clock.currentTimeMillis
    if (response.status >= 400) {
      const waits = Refusal.reasonOf(response.status, undefined, response.headers, now)
      if (waits._tag === "RateLimited") yield* log.pause(Retry.pauseOf(waits))
      const envelope = Refusal.parseEnvelope(hide(yield* Answer.readRefusal(response)))
      return yield* Refusal.reasonOf(response.status, envelope, response.headers, now)
    }
    const text = yield* Effect.mapBoth(Answer.read(response, endpoint.maxBytes ?? ordinaryAnswer), {
      onSuccess: hide,
      onFailure: (reason) => reason._tag === "BadBody" ? new BadBody({ problem: reason.problem, detail: hide(reason.detail) }) : reason
    })
    const body = yield* Json.parse(text)
    const envelope = Refusal.envelopeOf(body)
    if (envelope !== undefined) {
      const reason = Refusal.reasonOf(200, envelope, response.headers, now)
      if (reason._tag === "RateLimited") yield* log.pause(Retry.pauseOf(reason))
      return yield* reason
    }
    yield* raw.keep({ endpoint: endpoint.name, about: [path, ...Object.values(params)].join("-"), text })
    const policy = (yield* Policies)[endpoint.name] ?? declared[endpoint.name] ?? endpoint.policy
    const { drifts, rejected, value } = endpoint.decode(body, now, { policy, expects: endpoint.expects?.(asked) ?? [] })
    const [first] = drifts
    if (policy === "freeze" && first !== undefined) return yield* new Drifted({ drift: { endpoint: endpoint.name, ...first } })
    if (Result.isSuccess(value)) return { value: value.success, rejected, drifts }
    return yield* typeof value.failure === "string"
      ? new BadBody({ problem: "WrongShape", detail: value.failure })
      : new BadBody({ problem: "NotDaily", detail: value.failure.detail })
  }, Effect.scoped)

  /** What is not as it should be is said to whoever listens, kept with the step, and logged. */
  const tell = Effect.fnUntraced(function*(name: EndpointName, request: string, { drifts, rejected }: Omit<Decoded<unknown>, "value">) {
    const report = yield* Progress
    const note = yield* Note
    for (const found of drifts) {
      const drift: Drift = { endpoint: name, ...found }
      const key = `${name} ${drift.field} ${drift.came}`
      if (drift.change === "new" && seen.has(key)) continue
      if (drift.change === "new") seen.add(key)
      yield* report({ _tag: "Drift", ...drift })
      yield* note(describeDrift(drift))
      yield* Effect.logDebug(`CoinGecko, ${request}: ${describeDrift(drift)}`)
    }
    if (rejected.length === 0) return
    const [first] = rejected
    const others = rejected.length > 1 ? `, and ${rejected.length - 1} more` : ""
    yield* note(`left out of ${name}: ${first?.row ?? ""} (${first?.reason ?? ""})${others}`)
    for (const { reason, row } of rejected.slice(0, mostNamed)) {
      yield* Effect.logWarning(`CoinGecko, ${request}: left out ${row}: ${reason}`)
    }
    if (rejected.length > mostNamed) yield* Effect.logWarning(`CoinGecko, ${request}: left out ${rejected.length - mostNamed} more rows`)
  })

  const call: Client["call"] = Effect.fn("CoinGecko.call")(function*<Asked, A>(endpoint: Endpoint<Asked, A>, asked: Asked) {
    const params = endpoint.params(asked, settings.currency)
    const request = describe(endpoint.path(asked), params)
    yield* Effect.annotateCurrentSpan({ request })
    const report = yield* Progress
    let attempts = 0
    let spent = 0

    const once = Effect.suspend(() => {
      attempts++
      const trace: Trace = { sent: undefined, status: undefined }
      return attempt(endpoint, asked, params, trace).pipe(
        Effect.onExit(() =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            if (trace.sent === undefined) return Effect.void
            const ms = now - trace.sent
            spent += ms
            return report({ _tag: "Call", request, status: trace.status, ms })
          })
        ),
        Effect.catch((reason) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const contradicted = trace.status === 200 && isServed(settings, endpoint.earliest?.(asked, now), now)
            const error = new CoinGeckoError({ request, attempts, reason })
            return Effect.fail<Retry.Failed>({ error, transient: Retry.isTransient(reason, contradicted), spent })
          })
        )
      )
    })

    const decoded = yield* connections.withPermits(1)(once).pipe(
      Effect.retry(Retry.schedule),
      Effect.mapError(({ error }) => error)
    )
    yield* tell(endpoint.name, request, decoded)
    return decoded.value
  })

  return { call } satisfies Client
})

// helpers

type Params = Readonly<Record<string, string>>

interface Trace {
  sent: number | undefined
  status: number | undefined
}

/** A polite number of sockets; the rate limit is what decides how fast it goes. */
const mostConnections = 8

/** Bytes, unpacked: 250 markets with sparklines are one megabyte, twelve years of daily points half a one. */
const ordinaryAnswer = 8 * 1024 * 1024

const mostNamed = 10

const day = 86_400_000

/** Days of history: free plans serve 365, the smallest paid one two years. A minute for clocks that differ. */
const isServed = (settings: Settings["Service"], earliest: number | undefined, now: number) =>
  earliest === undefined || earliest >= now - (settings.plan === "pro" ? 730 : 365) * day - 60_000

/** Method, path and parameters: what an error may show. */
const describe = (path: string, params: Params) => {
  const query = Object.entries(params).map(([name, value]) => `${name}=${value}`).join("&")
  return cleanText(`GET ${path}${query === "" ? "" : `?${query}`}`, 300)
}

/** A server that says the key back gets it into no error, file or table. (A key of a few letters is no secret, and common in words.) */
const hider = (settings: Settings["Service"]) => (text: string) => {
  const key = Option.match(settings.apiKey, { onNone: () => "", onSome: (redacted) => Redacted.value(redacted) })
  return key.length < 8 ? text : text.replaceAll(key, "[key]")
}
