/** `/coins/{id}/history`: one midnight. A day before the listing, a missing day and a day not ready yet are a 200 without `market_data`. */
import { Option, Result } from "effect"
import * as Ask from "./Ask.ts"
import { dayFrom, dayOf, midnight } from "./Calendar.ts"
import * as Figures from "./Figures.ts"
import { RANGE_READY } from "./MarketChart.ts"

export const history = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const day = yield* dayAsked(yield* Ask.needed(ask, "date"))
    const coin = yield* Ask.coin(ask)
    if (day > dayOf(ask.now)) return yield* Ask.refuse(400, "invalid date")
    const point = midnight(day) + RANGE_READY <= ask.now ? ask.market.point(coin, midnight(day)) : undefined
    const marketData = point === undefined ? {} : {
      market_data: {
        current_price: Figures.perCurrency((rate) => point.price * rate),
        market_cap: Figures.perCurrency((rate) => Figures.times(point.cap, rate)),
        total_volume: Figures.perCurrency((rate) => Figures.times(point.volume, rate))
      }
    }
    return {
      body: {
        id: coin.id,
        symbol: coin.symbol,
        name: coin.name,
        ...(Ask.flag(ask, "localization", true) ? { localization: { en: coin.name } } : {}),
        image: { thumb: "missing_thumb.png", small: "missing_small.png" },
        ...marketData,
        public_interest_stats: { alexa_rank: null, bing_matches: null }
      }
    }
  })

// helpers

/** `dd-mm-yyyy`, or the newer `yyyy-mm-dd`. */
const dayAsked = (text: string): Result.Result<number, Ask.Refusal> => {
  const parts = /^(?<date>\d\d)-(?<month>\d\d)-(?<year>\d{4})$/.exec(text) ?? /^(?<year>\d{4})-(?<month>\d\d)-(?<date>\d\d)$/.exec(text)
  const { date = "", month = "", year = "" } = parts?.groups ?? {}
  return Option.match(dayFrom(year, month, date), { onNone: () => Ask.refuse(400, "invalid date"), onSome: Result.succeed })
}
