/**
 * Who may ask. The server listens on loopback, so other machines are out; this keeps out what is on this one: pages of
 * other sites that the user's browser opens (their Host when a name was bound to 127.0.0.1, their Origin or fetch
 * metadata, forms that need no preflight), and other users, who do not know the token.
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

export interface Asking {
  readonly method: string
  /** With the query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 415
  readonly says: string
}

/** A browser that was shown the token once keeps it under this name. */
export const cookie = "crypto_token"

/** Why a request is not let in; nothing, if it is. */
export const refusal = ({ headers, method, url }: Asking, token: string): Refusal | undefined => {
  const host = headers["host"] ?? ""
  const name = /^(.*?)(:\d+)?$/.exec(host)?.[1]?.toLowerCase() ?? ""
  if (!names.has(name)) return { status: 403, says: "this server answers to 127.0.0.1 and localhost only" }
  const changes = method !== "GET" && method !== "HEAD"
  if (changes && method !== "POST") return { status: 405, says: "only GET and POST are answered" }
  const site = headers["sec-fetch-site"]
  // a page of another site may lead a reader here by a link, and may do nothing else
  const isLink = !changes && headers["sec-fetch-mode"] === "navigate"
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink)
    return { status: 403, says: "asked by a page of another site" }
  const origin = headers["origin"]
  if (origin !== undefined && origin !== `http://${host}`) return { status: 403, says: "asked by a page of another origin" }
  if (changes && !/^application\/json *(;|$)/i.test(headers["content-type"] ?? ""))
    return { status: 415, says: "a change is asked for in application/json" }
  if (!changes && /^\/api\/hello(\?|$)/.test(url)) return undefined
  if (!shown(headers).some((_) => same(_, token)))
    return { status: 401, says: "the token is missing or wrong: it lies beside the data file" }
  return undefined
}

/** That whoever answers knows the token. */
export const proof = (token: string, nonce: string): string => createHmac("sha256", token).update(nonce).digest("hex")

/** The same text, told in a time that tells nothing. */
export const same = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest())

/** Nothing reaches a route that the guard does not let in; each answer says that it is for nobody else. */
export const layer = (token: string) =>
  HttpRouter.middleware((app) =>
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const refused = refusal(request, token)
      const answer = refused === undefined
        ? yield* app
        : yield* HttpServerResponse.json({ error: refused.says }, { status: refused.status })
      return HttpServerResponse.setHeaders(answer, manners)
    }), { global: true })

// helpers

const names = new Set(["127.0.0.1", "localhost", "[::1]"])

const shown = (headers: Asking["headers"]): ReadonlyArray<string> => {
  const bearer = /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1]
  const kept = (headers["cookie"] ?? "").split(/; */).find((_) => _.startsWith(`${cookie}=`))?.slice(cookie.length + 1)
  return [bearer, kept].filter((_) => _ !== undefined)
}

const manners = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}
