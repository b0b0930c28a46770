/**
 * One HTTP exchange, guarded: nothing is followed, nothing unbounded is read, nothing is guessed. What comes out is the text of a
 * whole answer, or the reason why there is none.
 *
 * The key travels in one header to the configured host alone. No HTTP span is made, since a span may hold the request, and so no
 * trace header is sent: the caller's own span names what was asked.
 */
import { Effect, Option, Redacted, Stream } from "effect"
import { Headers, HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { BadBody, Timeout, Transport } from "../../services/CoinGeckoError.ts"
import type { Settings } from "../../services/Settings.ts"
import { headersWithin } from "./CallLog.ts"

export type Response = HttpClientResponse.HttpClientResponse

/** CoinGecko refuses callers without a descriptive name; the version is that of package.json (a test holds it). */
export const userAgent = "crypto-pipeline/0.1.0 (+effect)"

export const keyHeaders = ["x-cg-demo-api-key", "x-cg-pro-api-key"]

/** A request to the settings' server: the key in the header of its plan, never in the URL. */
export const request = (settings: Settings["Service"], path: string, params: Readonly<Record<string, string>>) => {
  const named = HttpClientRequest.get(settings.baseUrl + path, {
    urlParams: params,
    headers: { accept: "application/json", "user-agent": userAgent }
  })
  if (settings.plan === "keyless" || Option.isNone(settings.apiKey)) return named
  return HttpClientRequest.setHeader(named, `x-cg-${settings.plan}-api-key`, Redacted.value(settings.apiKey.value))
}

/** Sends, and waits for the headers. The connection is let go when the scope closes, read or not. */
export const send = (client: HttpClient.HttpClient, request: HttpClientRequest.HttpClientRequest) =>
  HttpClient.withScope(client).execute(request).pipe(
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.updateService(Headers.CurrentRedactedNames, (names) => [...names, ...keyHeaders]),
    Effect.mapError(toTransport),
    Effect.timeoutOrElse({
      duration: headersWithin,
      orElse: () => Effect.fail(new Timeout({ waitedFor: "headers", seconds: headersWithin / 1000 }))
    })
  )

/** A body that trickles in is waited for this long; a whole one takes a second or two. */
export const bodyWithin = 60_000

/** Reads a 200's body to its end: JSON by its type, at most `maxBytes` once unpacked, whole, and UTF-8. */
export const read = Effect.fnUntraced(function*(response: Response, maxBytes: number) {
  const { headers, status } = response
  if (status >= 300 && status < 400) {
    return yield* new BadBody({ problem: "Redirect", detail: `${status} to ${originOf(headers["location"], response)}` })
  }
  const type = headers["content-type"] ?? "no content type"
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) return yield* new BadBody({ problem: "NotJsonType", detail: type.slice(0, 80) })
  if (status !== 200) return yield* new BadBody({ problem: "Empty", detail: `${status} is no whole answer` })
  const bytes = yield* body(response, maxBytes)
  if (bytes.length === 0) return yield* new BadBody({ problem: "Empty", detail: `${status} without a body` })
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => new BadBody({ problem: "NotUtf8", detail: `${bytes.length} bytes` })
  })
})

/** Reads what a refusal says, as far as it says anything: never longer than the refusal is worth, and never itself a failure. */
export const readRefusal = (response: Response): Effect.Effect<string> =>
  body(response, 64 * 1024).pipe(
    Effect.map((bytes) => new TextDecoder().decode(bytes)),
    Effect.orElseSucceed(() => "")
  )

// helpers

/** Counts what arrives after unpacking: 260 kB of gzip can hold 256 MB. */
const body = (response: Response, maxBytes: number) =>
  Effect.suspend(() => {
    const declared = Number(response.headers["content-length"])
    if (declared > maxBytes)
      return Effect.fail(
        new BadBody({ problem: "TooLarge", detail: `${declared} bytes declared, ${maxBytes} allowed` })
      )
    const chunks: Array<Uint8Array> = []
    let size = 0
    return response.stream.pipe(
      Stream.mapError(toTransport),
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > maxBytes) return Effect.fail(new BadBody({ problem: "TooLarge", detail: `more than ${maxBytes} bytes` }))
        chunks.push(chunk)
        return Effect.void
      }),
      Effect.map(() => Buffer.concat(chunks)),
      Effect.timeoutOrElse({
        duration: bodyWithin,
        orElse: () => Effect.fail(new Timeout({ waitedFor: "body", seconds: bodyWithin / 1000 }))
      })
    )
  })

/** Codes and plain messages only: the error itself holds the request, and with it the key. */
const toTransport = (error: HttpClientError.HttpClientError) => {
  const codes: Array<string> = []
  let cause: unknown = "cause" in error.reason ? error.reason.cause : undefined
  for (let depth = 0; depth < 4 && cause instanceof Error; depth++) {
    codes.push("code" in cause && typeof cause.code === "string" ? cause.code : cause.message.slice(0, 80))
    cause = cause.cause
  }
  const cut = error.reason._tag !== "TransportError"
  return new Transport({ detail: [cut ? "the answer was cut off" : "no answer", ...codes].join(", "), cut })
}

const originOf = (location: string | undefined, response: Response) => {
  if (location === undefined) return "nowhere"
  const target = URL.canParse(location, response.request.url) ? new URL(location, response.request.url).origin : "an unreadable address"
  return target.slice(0, 100)
}
