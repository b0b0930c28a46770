/** `crypto daemon`: holds the data file, runs what falls due and what is asked for, and serves the API, until it is stopped. */
import { Clock, Console, Effect, Layer, Logger, Path, PubSub, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { randomBytes } from "node:crypto"
import * as Automation from "../engine/automation/Automation.ts"
import { type Event, Progress } from "../engine/Progress.ts"
import { Queue } from "../engine/Queue.ts"
import * as LogFile from "../layers/LogFile.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Settings } from "../services/Settings.ts"
import * as Post from "../web/Post.ts"
import * as exit from "./exit.ts"
import { type Root, settingsOf } from "./flags.ts"
import { oneLine } from "./plain.ts"
import { answered } from "./reading.ts"
import { settle } from "./run/planned.ts"
import { served } from "./served.ts"
import type { Platform, World } from "./world.ts"

const flags = {
  port: Flag.Int("port").pipe(
    Flag.withDescription("Of the API, on 127.0.0.1; 0 takes a free one [default 0]"),
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })))),
    Flag.withDefault(0)
  )
}

export const daemon = (root: Root, world: World) =>
  Command.make("daemon", flags, Effect.fn("crypto daemon")(function*({ port }) {
    const chosen = settingsOf(yield* root)
    const { rows, settings } = yield* SettingsLayer.resolve(chosen)
    const path = yield* Path.Path
    const log = yield* LogFile.make({ path: path.join(settings.dataDir, "logs", "daemon.log") })
    const hub = yield* PubSub.sliding<{ readonly at: number; readonly event: Event }>(1024)
    const heard = Effect.fnUntraced(function*(event: Event) {
      yield* PubSub.publish(hub, { at: yield* Clock.currentTimeMillis, event })
      // a run that somebody looks on at logs where they look: this goes into the daemon's own log
      yield* Effect.provideService(noted(event), Logger.CurrentLoggers, new Set([log]))
    })
    const program = Effect.gen(function*() {
      const { serve } = yield* Effect.promise(() => import("../web/Server.ts"))
      const queue = yield* Queue
      const pipeline = yield* world.pipeline
      const { duckdbPath } = yield* Settings
      const context = yield* Effect.context<Platform | Settings>()
      const since = yield* Clock.currentTimeMillis
      const token = randomBytes(32).toString("base64url")
      yield* settle
      const command = served(world, rows)
      const bound = yield* serve({
        port,
        token,
        version: world.version,
        pid: process.pid,
        since,
        pipeline,
        command: (asked, say) =>
          Effect.logInfo(`does for another terminal: ${oneLine(asked.args.find((_) => !_.startsWith("-")) ?? "")}`).pipe(
            Effect.andThen(command(asked, say)),
            Effect.provideContext(context)
          ),
        events: Stream.map(Stream.fromPubSub(hub), ({ at, event }) => ({ at, event: { ...event } }))
      })
      yield* Post.put(duckdbPath, { pid: process.pid, port: bound, token, since })
      yield* Console.log(`http://127.0.0.1:${bound}`)
      yield* Console.error(
        `It has ${oneLine(duckdbPath)}, and every command on it goes through here, until it is stopped with Ctrl-C. Its log is ${
          oneLine(path.join(settings.dataDir, "logs", "daemon.log"))
        }`
      )
      yield* Effect.logInfo(`process ${process.pid} has ${oneLine(duckdbPath)} and answers on port ${bound}`)
      yield* Effect.addFinalizer(() => Effect.logInfo("stopped"))
      return yield* Effect.raceFirst(queue.work, Automation.run(pipeline))
    })
    return yield* answered(program).pipe(
      Effect.scoped,
      Effect.provide(Layer.provideMerge(Layer.merge(world.layer, world.upkeep), SettingsLayer.layer(chosen))),
      Effect.provideService(Progress, heard),
      Effect.provide(Logger.layer([log]))
    )
  }, exit.ending)).pipe(
    Command.withDescription(
      "Holds the data file until it is stopped: runs what is asked for and what falls due, and does the commands of other terminals."
    ),
    Command.withShortDescription("Hold the data, run what falls due, serve other terminals"),
    Command.withExamples([
      { command: "crypto daemon", description: "Until Ctrl-C; other terminals go on as before" },
      { command: "crypto daemon --port 4321 --data-dir /srv/crypto", description: "On a port of choice, as a service does it" }
    ])
  )

// helpers

/** What a log of a year should hold. */
const noted = (event: Event): Effect.Effect<void> => {
  switch (event._tag) {
    case "RunStarted":
      return Effect.logInfo(`run ${event.run} started: ${event.targets.join(", ")}, by ${event.trigger}`)
    case "RunEnded":
      return event.state === "succeeded"
        ? Effect.logInfo(`run ${event.run} succeeded`)
        : Effect.logWarning(`run ${event.run} ended ${event.state}`)
    case "StepEnded":
      return event.state === "failed" ? Effect.logWarning(`part ${event.id} failed: ${oneLine(event.note)}`) : Effect.void
    case "Waiting":
      return Effect.logDebug(`waiting: ${oneLine(event.why)}`)
    default:
      return Effect.void
  }
}
