/**
 * The sandbox over HTTP, on the loopback address only. It prints nothing, ends with its scope, and no request can end it:
 * what cannot be read as a request for a path is a 400.
 */
import { Clock, Effect, Schema, type Scope } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import * as Endpoints from "./Endpoints.ts"

export class PortTaken extends Schema.TaggedError<PortTaken>()("PortTaken", { port: Schema.Int }) {
  override get message() {
    return `port ${this.port} of 127.0.0.1 is taken: choose another, or 0 for any free one`
  }
}

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { port: Schema.Int, cause: Schema.Defect() }) {
  override get message() {
    return `cannot listen on port ${this.port} of 127.0.0.1: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", { reason: Schema.Union([PortTaken, CannotListen]) }) {
  override get message() {
    return `the sandbox did not start: ${this.reason.message}`
  }
}

/** `url` is the API's base, without a slash at its end. Port 0 takes a free one. Time is that of the Clock. */
export const serve = Effect.fn("Sandbox.serve")(function*(
  options: { readonly port: number; readonly seed: string }
): Effect.fn.Return<{ readonly url: string }, SandboxError, Scope.Scope> {
  const clock = yield* Clock.Clock
  const sandbox = Endpoints.make(options.seed)
  const { createServer } = yield* Effect.promise(() => import("node:http"))
  const server = createServer((request, response) => send(respond(sandbox, request, clock.currentTimeMillisUnsafe()), response))
  server.on("clientError",
    (_, socket) => socket.writable ? socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") : socket.destroy())
  const port = yield* Effect.acquireRelease(listen(server, options.port), () => close(server))
  return { url: `http://127.0.0.1:${port}/api/v3` }
})

// helpers

const listen = (server: Server, port: number): Effect.Effect<number, SandboxError> =>
  Effect.callback((resume) => {
    const failed = (cause: Error & { readonly code?: string }) => {
      const reason = cause.code === "EADDRINUSE" ? new PortTaken({ port }) : new CannotListen({ port, cause })
      resume(Effect.fail(new SandboxError({ reason })))
    }
    server.once("error", failed)
    try {
      server.listen(port, "127.0.0.1", () => {
        server.off("error", failed)
        // a connection that could not be accepted is the client's loss, not the server's end
        server.on("error", () => {})
        const address = server.address()
        resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : port))
      })
    } catch (cause) {
      resume(Effect.fail(new SandboxError({ reason: new CannotListen({ port, cause }) })))
    }
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/**
 * Only method, path, query and User-Agent are taken over. The host that was asked for plays no part, so none can do harm; methods
 * that a web Request cannot carry become one that is refused like them.
 */
const respond = (sandbox: Endpoints.Sandbox, { url = "/", method = "GET", headers }: IncomingMessage, now: number): Response => {
  const address = URL.parse(url.startsWith("/") ? `${LOOPBACK}${url}` : url)
  if (address === null) return Response.json({ error: "Bad Request" }, { status: 400 })
  const agent = headers["user-agent"]
  return sandbox.respond(
    new Request(`${LOOPBACK}${address.pathname}${address.search}`, {
      method: method === "GET" || method === "HEAD" ? method : "POST",
      headers: agent === undefined ? {} : { "user-agent": agent }
    }),
    now
  )
}

const LOOPBACK = "http://127.0.0.1"

const send = (answer: Response, response: ServerResponse): void => {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  answer.text().then((text) => response.end(text), () => response.destroy())
}
