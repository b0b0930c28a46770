/** `crypto schedule tick NAME…` asks for its run now; `crypto sensor tick NAME…` takes one look now. */
import { Console, Effect, Layer, Option } from "effect"
import { Argument, Command } from "effect/cli"
import * as Automation from "../../engine/automation/Automation.ts"
import * as SettingsLayer from "../../layers/Settings.ts"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { jsonText } from "../plain.ts"
import { answered } from "../reading.ts"
import type { World } from "../world.ts"
import { type Kind, named, ofTick } from "./told.ts"

export const tick = (root: Root, world: World, kind: Kind) =>
  Command.make("tick", {
    names: Argument.String("name").pipe(Argument.withDescription(`Names of ${kind}s`), Argument.variadic({ min: 1 })),
    json
  }, Effect.fn(`crypto ${kind} tick`)(function*({ json, names }) {
    const items = (yield* named(world, kind, names)).map((_) => _.name)
    const pipeline = yield* world.pipeline
    const looks = Effect.gen(function*() {
      const schedules = pipeline.schedules.filter((_) => kind === "schedule" && items.includes(_.name))
      const looking = Automation.sensorsOf(pipeline).filter((_) => _.kind === "sensor")
      const sensors = looking.filter((_) => kind === "sensor" && items.includes(_.name))
      const asked = yield* Effect.forEach(schedules, (_) =>
        Effect.map(Automation.ask(_), ({ id, targets }) => ({ name: _.name, requests: [id], says: `asked for ${targets.join(", ")}` })))
      const looked = yield* Effect.forEach(sensors, (_) =>
        Effect.map(Automation.look(_), (tick) => ({
          name: _.name,
          requests: tick?.requests ?? [],
          says: tick === undefined ? "nothing new" : `${ofTick(tick).state}: ${tick.note}`
        })))
      return [...asked, ...looked]
    })
    const settings = SettingsLayer.layer(settingsOf(yield* root))
    // once the data are opened here, this process is the one that has them
    const isLookedAfter = Option.isSome(yield* Effect.provide(world.owner, settings))
    const said = yield* answered(looks).pipe(Effect.provide(Layer.provideMerge(world.layer, settings)))
    if (json) return yield* Console.log(jsonText(said))
    yield* Console.log(said.map((_) => `${_.name}: ${_.says}`).join("\n"))
    const asked = said.flatMap((_) => _.requests)
    if (asked.length > 0) {
      yield* Console.error(`${asked.join(", ")} waits for ${isLookedAfter ? "its turn" : `'${world.typed} daemon'`}.`)
    }
  }, exit.ending)).pipe(
    Command.withDescription(
      kind === "schedule"
        ? "Ask for a schedule's run now, beside its due times: they stay as they are."
        : "Let a sensor take one look now, whether it is on or off: its cursor moves, and what it asks for is asked for."
    ),
    Command.withShortDescription(kind === "schedule" ? "Ask for its run now" : "Take one look now"),
    Command.withExamples([{
      command: `crypto ${kind} tick ${kind === "schedule" ? "price_history_daily" : "data_availability"}`,
      description: kind === "schedule" ? "Its run, now" : "Is the new day there?"
    }])
  )
