/** Who is let in and who is not, one guard after the other: what differs from the good request is what is refused. */
import { assert, describe, it } from "@effect/vitest"
import * as Guard from "../../src/web/Guard.ts"

const token = "t0k3n"
const get: Guard.Asking = { method: "GET", url: "/api/runs", headers: { host: "127.0.0.1:4321", authorization: `Bearer ${token}` } }
const post: Guard.Asking = { ...get, method: "POST", headers: { ...get.headers, "content-type": "application/json" } }
const said = (asking: Guard.Asking, headers: Record<string, string | undefined> = {}) =>
  Guard.refusal({ ...asking, headers: { ...asking.headers, ...headers } }, token)?.status

describe("the guard lets in", () => {
  it.each<readonly [string, Guard.Asking, Record<string, string | undefined>]>([
    ["a command line that knows the token", post, {}],
    ["a look at what there is", get, {}],
    ["localhost", get, { host: "localhost:4321" }],
    ["localhost, however it is written", get, { host: "LocalHost" }],
    ["the loopback of IPv6", get, { host: "[::1]:4321" }],
    ["its own page", post, { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:4321" }],
    ["what the user typed into the address line", get, { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }],
    ["a reader who followed a link", get, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
    ["a token in the cookie", get, { authorization: undefined, cookie: `a=b; ${Guard.cookie}=${token}` }],
    ["JSON that says how it is written", post, { "content-type": "application/json; charset=utf-8" }],
    ["a greeting, without a token", { ...get, url: "/api/hello?nonce=1" }, { authorization: undefined }]
  ])("%s", (_, asking, headers) => assert.isUndefined(said(asking, headers)))
})

describe("the guard keeps out", () => {
  it.each<readonly [string, number, Guard.Asking, Record<string, string | undefined>]>([
    ["a name that was bound to this machine", 403, get, { host: "evil.example:4321" }],
    ["a name that begins like this machine's", 403, get, { host: "localhost.evil.example" }],
    ["a name that ends like this machine's", 403, get, { host: "evil-localhost:4321" }],
    ["no name", 403, get, { host: undefined }],
    ["a page of another site", 403, post, { "sec-fetch-site": "cross-site" }],
    ["a page of another port of this machine", 403, post, { "sec-fetch-site": "same-site" }],
    ["what another site's page reads", 403, get, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }],
    ["a form that another site's page sends", 403, post, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
    ["another origin, from a browser that says no more", 403, post, { origin: "http://evil.example" }],
    ["the origin of a sandboxed frame", 403, post, { origin: "null" }],
    ["its own origin under another name", 403, post, { origin: "http://localhost:4321" }],
    ["a form", 415, post, { "content-type": "application/x-www-form-urlencoded" }],
    ["text that needs no preflight", 415, post, { "content-type": "text/plain" }],
    ["a type that only begins like JSON", 415, post, { "content-type": "application/json-patch" }],
    ["no type", 415, post, { "content-type": undefined }],
    ["no token", 401, get, { authorization: undefined }],
    ["another token", 401, get, { authorization: "Bearer other" }],
    ["the beginning of the token", 401, get, { authorization: `Bearer ${token.slice(0, -1)}` }],
    ["another cookie", 401, get, { authorization: undefined, cookie: `x${Guard.cookie}=${token}` }],
    ["a token in the address", 401, { ...get, url: `/api/runs?token=${token}` }, { authorization: undefined }],
    ["a POST that calls itself a greeting", 401, { ...post, url: "/api/hello" }, { authorization: undefined }],
    ["an address that begins like a greeting's", 401, { ...get, url: "/api/hellos" }, { authorization: undefined }],
    ["another method", 405, { ...post, method: "DELETE" }, {}],
    ["a preflight", 405, { ...get, method: "OPTIONS" }, {}]
  ])("%s", (_, status, asking, headers) => assert.strictEqual(said(asking, headers), status))
})

it("the proof is another for another nonce, and for another token", () => {
  const proofs = [Guard.proof("a", "1"), Guard.proof("a", "2"), Guard.proof("b", "1")]
  assert.strictEqual(new Set(proofs).size, 3)
  assert.strictEqual(Guard.proof("a", "1"), proofs[0])
})
