/** An HTTP client that a function answers: what stands in for the network in tests, below everything that is ours. */
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"

/** A web `Response`, or anything else to be sent as JSON. */
export type Reply = Response | string | number | boolean | null | ReadonlyArray<unknown> | { readonly [key: string]: unknown }

/** The handler may take its time, never answer, or fail, which is then a failure of the transport. */
export const httpMock = (
  handler: (url: URL, request: HttpClientRequest.HttpClientRequest) => Effect.Effect<Reply, unknown>
): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      handler(url, request).pipe(
        Effect.map((reply) => HttpClientResponse.fromWeb(request, reply instanceof Response ? reply : json(reply))),
        Effect.mapError((cause) => new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) }))
      )
    )
  )

// helpers

const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { "content-type": "application/json; charset=utf-8" } })
