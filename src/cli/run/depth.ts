/** How far back the source serves is known before anything is asked: what reaches further is not begun. */
import { Clock, Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import { Window } from "../../engine/Partition.ts"
import { Settings } from "../../services/Settings.ts"
import * as exit from "../exit.ts"
import { day, type Over } from "./over.ts"

/** Keyless and Demo access to CoinGecko; the midnight of so many days ago is the last that may be served. */
const freeDays = 365

export const withinDepth = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, over: Over | undefined, only: boolean) {
  const settings = yield* Settings
  // what another server serves, only a plan that was named tells
  if (settings.plan === "pro" || settings.source === "sandbox" || (settings.source === "custom" && settings.plan === "keyless")) return
  const today = Math.floor((yield* Clock.currentTimeMillis) / DAY)
  const start = Math.min(over?.start ?? Infinity, (today - settings.historyDays + 1) * DAY)
  const oldest = (today - freeDays) * DAY
  if (start >= oldest) return
  const seen = new Set<Asset.Any>()
  const asking = (only ? targets : targets.flatMap((_) => Asset.lineage(_, seen))).find(({ calls, per }) =>
    per !== undefined && per.calendar.unit !== "static" &&
    calls(new Window(per.calendar, per.calendar.ordinalAt(start), per.calendar.ordinalAt(oldest))) > 0
  )
  if (asking === undefined) return
  return yield* new exit.Exit({
    code: exit.code.budget,
    says:
      `${asking.name} from ${day(start)} was asked for, but ${
        settings.plan === "keyless" ? "access without a key" : `a ${settings.plan} plan`
      } serves ${freeDays} days. ` +
      `Nothing was asked of the source. Use --from ${day(oldest + DAY)}, a smaller CRYPTO_HISTORY_DAYS, or a paid plan`
  })
})

// helpers

const DAY = 86_400_000
