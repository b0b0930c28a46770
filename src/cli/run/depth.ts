/** Days that were asked for by name and cannot be had are no run: nothing is asked of the source. */
import type * as Plan from "../../engine/Plan.ts"
import { Effect } from "effect"
import { Settings } from "../../services/Settings.ts"
import * as exit from "../exit.ts"

export const refused = Effect.fnUntraced(function*({ unavailable }: Plan.Plan) {
  const beyond = unavailable.find((_) => _.asset.reach !== undefined)
  if (beyond === undefined) return
  const { asset, window: { calendar, first, to } } = beyond
  const { plan } = yield* Settings
  return yield* new exit.Exit({
    code: exit.code.budget,
    says:
      `${asset.name} from ${first} was asked for, but ${plan === "keyless" ? "access without a key" : `a ${plan} plan`} serves it from ` +
      `${calendar.keyOf(to + 1)} on. Nothing was asked of the source. Use --from ${calendar.keyOf(to + 1)}, or a paid plan`
  })
})
