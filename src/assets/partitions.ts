/** The calendars of the crypto pipeline, in UTC, and how far back its source serves. */
import * as Partition from "../engine/Partition.ts"
import * as Column from "../services/Column.ts"
import { Settings } from "../services/Settings.ts"

/**
 * A day is the point stamped 00:00 UTC at its START (the close of the day before), so it exists from then. It is due
 * from 00:35: from then on every endpoint of CoinGecko's serves it.
 */
export class Day extends Partition.daily<Day>()("crypto/Day", { exists: "start", due: "35 minutes" }) {}

/** The column of what is made over days. */
export const day = Column.Day.annotate({ description: "D, a date in UTC: figures are those of its 00:00, which closes the day before" })

/** A month is due when the point that closes it is: the one of the first of the next month. */
export class Month extends Partition.monthly<Month>()("crypto/Month", { due: "35 minutes" }) {}

/** Keyless and Demo access to CoinGecko: today's midnight and those of the 364 days before. */
export const freeDays = 365

/** Days of history that the source serves; what another server serves, only a plan that was named tells. */
export const served = Settings.useSync(({ plan, source }) =>
  plan === "pro" || source === "sandbox" || (source === "custom" && plan === "keyless") ? Infinity : freeDays
)
