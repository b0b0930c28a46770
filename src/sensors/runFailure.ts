/** Tells somebody when what is asked for fails, and when it is well again: one sensor a hook, so that one that is down leaves the other alone. */
import { DateTime, Effect } from "effect"
import * as Failures from "../engine/automation/Failures.ts"
import * as Sensor from "../engine/automation/Sensor.ts"
import { Hook } from "../services/Hook.ts"

const make = (hook: "webhook" | "command", about: string) =>
  Sensor.make(`run_failure_${hook}`, {
    about,
    cursor: Failures.Cursor,
    start: Failures.start,
    looks: Failures.of(Effect.fnUntraced(function*({ at, id, kind, run, says, targets, trigger }) {
      const tell = (yield* Hook)[hook]
      yield* tell({ id, text: says, details: { kind, run, targets, trigger, at: DateTime.formatIso(DateTime.makeUnsafe(at)) } })
    }))
  })

export const runFailureWebhook = make("webhook", "Posts to CRYPTO_WEBHOOK_URL when runs fail, and when they are well again")
export const runFailureCommand = make("command", "Runs CRYPTO_HOOK_COMMAND when runs fail, and when they are well again")
