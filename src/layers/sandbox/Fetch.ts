/** A `fetch` that the sandbox answers in this process: what Node's own does with the request's signal and User-Agent, this does too. */
import type { Sandbox } from "./Endpoints.ts"

/** For `FetchHttpClient.Fetch`; `now` is read once a request. */
export const fetchOf = (sandbox: Sandbox, now: () => number): typeof globalThis.fetch => async (input, init) => {
  const request = new Request(input, init)
  // a turn of the event loop, as a network would take: an abort right after the call is still in time
  await new Promise((resolve) => setImmediate(resolve))
  request.signal.throwIfAborted()
  if (!request.headers.has("user-agent")) request.headers.set("user-agent", "node")
  return sandbox.respond(request, now())
}
