/** The API on 127.0.0.1, for as long as the scope lasts: guarded, with small bodies, short waits and errors without stacks. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Cause, Context, Deferred, Effect, Fiber, Layer, Queue, Record, Stream } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder, HttpApiMiddleware } from "effect/http-api"
import { createServer } from "node:http"
import * as Asset from "../engine/Asset.ts"
import { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import * as Plan from "../engine/Plan.ts"
import * as RunQueue from "../engine/Queue.ts"
import * as Request from "../engine/Request.ts"
import * as Run from "../engine/Run.ts"
import * as Api from "./Api.ts"
import * as Guard from "./Guard.ts"

export interface Served {
  readonly port: number
  readonly token: string
  readonly version: string
  readonly pid: number
  readonly since: number
  readonly pipeline: Pipeline.Any
  /** Does a command for somebody elsewhere, and answers its exit code. */
  readonly command: (command: typeof Api.Command.Type, say: (said: typeof Api.Said.Type) => void) => Effect.Effect<number>
  /** What happens from now on. */
  readonly events: Stream.Stream<typeof Api.EventJson.Type>
}

/** Answers the port. */
export const serve = Effect.fnUntraced(function*(served: Served) {
  const live = Layer.mergeAll(daemon(served), assets(served), runs(served)).pipe(
    Layer.provideMerge(HttpApiMiddleware.layerProblemDetails({ includeDetails: true }))
  )
  const routes = Layer.mergeAll(HttpApiBuilder.layer(Api.Api).pipe(Layer.provide(live)), Guard.layer(served.token))
  const server = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(() => createServer(patience), { port: served.port, host: "127.0.0.1", gracefulShutdownTimeout: "1 second" })
    ),
    Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.mebibytes(1)))
  )
  const { address } = Context.get(yield* Layer.build(server), HttpServer.HttpServer)
  return address._tag === "UnixPathAddress" ? 0 : address.port
})

// helpers

/** Node looks for slow connections every half minute by default, and would let one stay as long. */
const patience = { headersTimeout: 5000, requestTimeout: 15_000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 }

const daemon = (served: Served) =>
  HttpApiBuilder.group(Api.Api, "daemon", Effect.fn(function*(handlers) {
    /** How each command that runs is told to stop. */
    const running = new Map<string, Deferred.Deferred<void>>()
    return handlers.handleAll({
      hello: ({ query }) => {
        const { pid, since, token, version } = served
        return Effect.succeed({ pid, since, version, proof: Guard.proof(token, query.nonce) })
      },
      command: ({ payload }) =>
        Effect.succeed(Stream.callback<typeof Api.Said.Type>(Effect.fnUntraced(function*(said) {
          const stop = yield* Deferred.make<void>()
          running.set(payload.id, stop)
          const work = yield* Effect.forkChild(served.command(payload, (_) => void Queue.offerUnsafe(said, _)), { startImmediately: true })
          // whoever looks on may tell it to stop, and hears it to its end
          yield* Effect.forkChild(Effect.andThen(Deferred.await(stop), Fiber.interrupt(work)))
          const exit = yield* Fiber.await(work)
          running.delete(payload.id)
          const code = exit._tag === "Success" ? exit.value : Cause.hasInterruptsOnly(exit.cause) ? INTERRUPTED : FAILED
          yield* Queue.offer(said, { _tag: "Ended", code })
          yield* Queue.end(said)
        }, Effect.ensuring(Effect.sync(() => running.delete(payload.id)))))),
      interrupt: Effect.fnUntraced(function*({ params }) {
        const stop = running.get(params.id)
        if (stop === undefined) return yield* new Api.NotFound({ what: `command ${params.id} under way` })
        yield* Deferred.succeed(stop, undefined)
        return {}
      }),
      events: () => Effect.succeed(served.events)
    })
  }))

const INTERRUPTED = 130
const FAILED = 1

const assets = ({ pipeline }: Served) =>
  HttpApiBuilder.group(Api.Api, "assets", Effect.fn(function*(handlers) {
    const context = yield* Effect.context<Ledger | Manifest>()
    return handlers.handleAll({
      list: () => Effect.succeed(pipeline.assets.map(told)),
      byName: Effect.fnUntraced(function*({ params }) {
        const asset = pipeline.assets.find((_) => _.name === params.id)
        return asset === undefined ? yield* new Api.NotFound({ what: `asset ${params.id}` }) : told(asset)
      }),
      plan: ({ payload: { targets, ...options } }) =>
        Effect.gen(function*() {
          const plan: Plan.Plan<unknown, unknown> = yield* Plan.make(yield* Pipeline.select(pipeline, targets), options)
          return toldPlan(plan)
        }).pipe(refusing, (_) => Effect.provideContext(_ as Effect.Effect<typeof Api.PlanJson.Type, Api.Refused>, context)) // of this pipeline
    })
  }))

const runs = ({ pipeline }: Served) =>
  HttpApiBuilder.group(Api.Api, "runs", Effect.fn(function*(handlers) {
    const ledger = yield* Ledger
    const queue = yield* RunQueue.Queue
    const context = yield* Effect.context<Ledger | Manifest>()
    const find = Effect.fnUntraced(function*(id: string) {
      const [request] = yield* Effect.orDie(ledger.requests({ ids: [id] }))
      return request ?? (yield* new Api.NotFound({ what: `request ${id}` }))
    })
    const ask = Effect.fnUntraced(function*(asked: Request.Requested) {
      yield* Effect.orDie(ledger.record(asked))
      yield* queue.wake
      return { request: asked.id }
    })
    return handlers.handleAll({
      list: ({ query }) => Effect.orDie(ledger.runs(query.limit ?? 50)),
      steps: ({ params }) => Effect.orDie(ledger.steps(params.id)),
      requests: ({ query }) => Effect.orDie(ledger.requests({ limit: query.limit ?? 50 })),
      ask: Effect.fnUntraced(function*({ payload }) {
        const id = yield* Asset.newId
        const selected = Pipeline.select(pipeline, payload.targets).pipe(refusing)
        yield* Effect.provideContext(selected as Effect.Effect<unknown, Api.Refused>, context) // assets of this pipeline
        return yield* ask({ _tag: "RunRequested", id, trigger: "api", ...payload })
      }),
      cancel: Effect.fnUntraced(function*({ params }) {
        if (yield* Effect.orDie(queue.cancel(params.id))) return {}
        return yield* new Api.NotFound({ what: `request ${params.id} that waits or runs` })
      }),
      again: Effect.fnUntraced(function*({ params }) {
        const request = yield* find(params.id)
        if (request.endedAt === null) return yield* new Api.Refused({ says: `request ${request.id} has not ended: it is ${request.state}` })
        return yield* ask(Request.again(request, yield* Asset.newId, "api"))
      })
    })
  }))

const refusing = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.mapError(self, (error) => new Api.Refused({ says: Run.explain(Cause.fail(error)) }))

const told = (asset: Asset.Any): typeof Api.AssetJson.Type => ({
  name: asset.name,
  about: asset.about,
  group: asset.group ?? null,
  owner: asset.owner ?? null,
  source: asset.source ?? null,
  tags: asset.tags,
  per: asset.per?.calendar.unit ?? null,
  bySubject: asset.of !== undefined,
  kept: asset.into.kind,
  from: Object.values(Record.map(asset.from, (_) => _.asset.name))
})

const toldPlan = (plan: Plan.Plan<unknown, unknown>): typeof Api.PlanJson.Type => ({
  calls: Plan.calls(plan),
  steps: plan.steps.map((_) => ({
    asset: _.asset.name,
    window: _.window.toString(),
    subjects: _.subjects.flatMap((subject) => subject ?? []),
    why: Object.fromEntries(Plan.reasonsOf(_.why)),
    provisional: _.provisional,
    calls: _.calls
  })),
  pending: plan.pending.map((_) => ({ asset: _.asset.name, after: _.after.name }))
})
