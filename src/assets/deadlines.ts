/** What readers are promised, in line with `src/schedules`: an asset that keeps its promise by them is never late. */

/** The market is asked for at 08:00 every day, and a run of it takes minutes: a day, and two hours to be made good. */
export const market = "26 hours"

/** Due from 00:35 and asked for at 00:40, with retries: by 06:35 UTC there are prices, or something is wrong. */
export const prices = "6 hours"

/** What follows from the prices, day by day or month by month, is made when they have come: an hour later at most. */
export const figures = "7 hours"

/** The same of what has no partition: a day after it was made, and those seven hours. */
export const pictures = "31 hours"

/** What follows from whole months is made again on the first: after 31 days, and those seven hours. */
export const months = "751 hours"

/** A list is fresh for a week, and is then made by the next run that reads it, a day later at most: and a day to be made good. */
export const list = "9 days"

/** Due on the first at 00:35 and asked for at 00:50, after the prices: it is there on that day. */
export const report = "23 hours"
