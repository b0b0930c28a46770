/** Tells somebody when assets are late, and when they are on time again: one sensor a hook, so that one that is down leaves the other alone. */
import { DateTime, Effect } from "effect"
import type * as Asset from "../engine/Asset.ts"
import * as LateAlerts from "../engine/automation/LateAlerts.ts"
import * as Sensor from "../engine/automation/Sensor.ts"
import { Hook } from "../services/Hook.ts"

const make = (hook: "webhook" | "command", about: string) => <const Targets extends ReadonlyArray<Asset.Any>>(targets: Targets) =>
  Sensor.make(`late_${hook}`, {
    about,
    cursor: LateAlerts.Cursor,
    start: Effect.succeed({}),
    looks: LateAlerts.of(targets, Effect.fnUntraced(function*({ assets, id, kind, says, since }) {
      const tell = (yield* Hook)[hook]
      yield* tell({ id, text: says, details: { kind, assets, since: DateTime.formatIso(DateTime.makeUnsafe(since)) } })
    }))
  })

export const lateWebhook = make("webhook", "Posts to CRYPTO_WEBHOOK_URL when assets are late, and when they are on time again")
export const lateCommand = make("command", "Runs CRYPTO_HOOK_COMMAND when assets are late, and when they are on time again")
