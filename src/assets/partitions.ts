/** The calendars of the crypto pipeline, in UTC. */
import * as Partition from "../engine/Partition.ts"

/**
 * A day is the point stamped 00:00 UTC at its START (the close of the day before), so it exists from then. It is due
 * from 00:35: from then on every endpoint of CoinGecko's serves it.
 */
export class Day extends Partition.daily<Day>()("crypto/Day", { exists: "start", due: "35 minutes" }) {}

/** A month is due when the point that closes it is: the one of the first of the next month. */
export class Month extends Partition.monthly<Month>()("crypto/Month", { due: "35 minutes" }) {}
