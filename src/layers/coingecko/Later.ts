/**
 * The service whose code is loaded and whose layer is built when it is first asked: a run of what is fresh asks nothing, and
 * opens no call log. One that could not be built is built again at the next call.
 */
import { Context, Effect, Layer } from "effect"
import { CoinGecko, CoinGeckoError } from "../../services/CoinGecko.ts"
import type { NoCallLog } from "../../services/CoinGeckoError.ts"
import type { Settings } from "../../services/Settings.ts"

export const layer = (load: () => Promise<Layer.Layer<CoinGecko, NoCallLog, Settings>>): Layer.Layer<CoinGecko, never, Settings> =>
  Layer.effect(
    CoinGecko,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const built = Effect.promise(load).pipe(
        Effect.flatMap((_) => Layer.buildWithScope(_, scope)),
        Effect.map(Context.get(CoinGecko)),
        Effect.mapError((reason) => new CoinGeckoError({ request: "the first call", attempts: 0, reason })),
        Effect.provideContext(yield* Effect.context<Settings>()),
        // whoever asks first may be interrupted, and others wait for the same
        Effect.uninterruptible
      )
      const [known, forget] = yield* Effect.cachedInvalidateWithTTL(built, Infinity)
      const real = Effect.tapError(known, () => forget)
      return CoinGecko.of({
        ping: Effect.flatMap(real, (_) => _.ping),
        coinList: (asked) => Effect.flatMap(real, (_) => _.coinList(asked)),
        markets: (asked) => Effect.flatMap(real, (_) => _.markets(asked)),
        marketChart: (asked) => Effect.flatMap(real, (_) => _.marketChart(asked)),
        marketChartRange: (asked) => Effect.flatMap(real, (_) => _.marketChartRange(asked)),
        coin: (asked) => Effect.flatMap(real, (_) => _.coin(asked)),
        ohlc: (asked) => Effect.flatMap(real, (_) => _.ohlc(asked)),
        history: (asked) => Effect.flatMap(real, (_) => _.history(asked)),
        simplePrice: (asked) => Effect.flatMap(real, (_) => _.simplePrice(asked)),
        supportedCurrencies: Effect.flatMap(real, (_) => _.supportedCurrencies),
        global: Effect.flatMap(real, (_) => _.global),
        trending: Effect.flatMap(real, (_) => _.trending),
        categories: (asked) => Effect.flatMap(real, (_) => _.categories(asked)),
        exchanges: (asked) => Effect.flatMap(real, (_) => _.exchanges(asked)),
        keyUsage: Effect.flatMap(real, (_) => _.keyUsage)
      })
    })
  )
