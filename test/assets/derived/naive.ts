/**
 * Every figure again, from its definition alone: plain loops over days, slow and without a trick, sharing no code with
 * the pipeline. A day is a number, days since 1970-01-01; what is missing is null.
 */
export interface Point {
  readonly price: number
  readonly cap: number | null
  readonly volume: number | null
}
export type Series = ReadonlyMap<number, Point>
export type World = ReadonlyMap<string, Series>
type Maybe = number | null

export const dayOf = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / 86_400_000
export const isoOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10)

const days = (s: Series) => [...s.keys()].sort((a, b) => a - b)
const price = (s: Series, d: number): Maybe => s.get(d)?.price ?? null
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
/** All of them, or nothing. */
const all = <A>(values: ReadonlyArray<A | null>): ReadonlyArray<A> | null => {
  const there = values.filter((_): _ is A & {} => _ !== null)
  return there.length === values.length ? there : null
}
const present = (values: ReadonlyArray<Maybe>) => values.filter((_) => _ !== null)

/** Summed with the error of each addition carried along. */
const sum = (xs: ReadonlyArray<number>) => {
  let [total, lost] = [0, 0]
  for (const x of xs) {
    const next = total + x
    lost += Math.abs(total) >= Math.abs(x) ? (total - next) + x : (x - next) + total
    total = next
  }
  return total + lost
}
const mean = (xs: ReadonlyArray<number>) => sum(xs) / xs.length
const squares = (xs: ReadonlyArray<number>) => {
  const middle = mean(xs)
  return sum(xs.map((_) => (_ - middle) ** 2))
}
const sd = (xs: ReadonlyArray<number>): Maybe => xs.length < 2 ? null : Math.sqrt(squares(xs) / (xs.length - 1))
const varies = (xs: ReadonlyArray<number>) => Math.max(...xs) > Math.min(...xs)
const ratio = (a: Maybe, b: Maybe): Maybe => a === null || b === null || b === 0 ? null : a / b - 1
const times = (a: Maybe, k: number): Maybe => a === null ? null : a * k
const year = Math.sqrt(365)

export const simple = (s: Series, d: number): Maybe => {
  const [now, before] = [price(s, d), price(s, d - 1)]
  return now === null || before === null || before <= 0 ? null : now / before - 1
}
export const log = (s: Series, d: number): Maybe => {
  const [now, before] = [price(s, d), price(s, d - 1)]
  return now === null || before === null || before <= 0 || now <= 0 ? null : Math.log(now / before)
}

const window = (s: Series, d: number, k: number) => all(range(d - k + 1, d).map((_) => price(s, _)))
const sma = (s: Series, d: number, k: number): Maybe => {
  const prices = window(s, d, k)
  return prices === null ? null : mean(prices)
}
/** The first day of the run of days that d ends. */
const runStart = (s: Series, d: number) => {
  let first = d
  while (s.has(first - 1)) first--
  return first
}
const ema = (s: Series, d: number, k: number): Maybe => {
  const first = runStart(s, d)
  if (d - first + 1 < k) return null
  let value = sma(s, first + k - 1, k) ?? NaN
  for (let day = first + k; day <= d; day++) value = (2 / (k + 1)) * (price(s, day) ?? NaN) + (1 - 2 / (k + 1)) * value
  return value
}
const rsi = (s: Series, d: number): Maybe => {
  const first = runStart(s, d)
  if (d - first < 14) return null
  const change = (day: number) => (price(s, day) ?? NaN) - (price(s, day - 1) ?? NaN)
  const seed = range(first + 1, first + 14).map(change)
  let gain = mean(seed.map((_) => Math.max(_, 0)))
  let loss = mean(seed.map((_) => Math.max(-_, 0)))
  for (let day = first + 15; day <= d; day++) {
    gain = (13 * gain + Math.max(change(day), 0)) / 14
    loss = (13 * loss + Math.max(-change(day), 0)) / 14
  }
  return loss === 0 ? (gain === 0 ? 50 : 100) : 100 - 100 / (1 + gain / loss)
}
const volatility = (s: Series, d: number, k: number): Maybe => {
  const returns = all(range(d - k + 1, d).map((_) => log(s, _)))
  return returns === null ? null : times(sd(returns), year)
}
/** a against b: 1 above, -1 below, 0 where twelve digits do not tell. */
const side = (a: Maybe, b: Maybe): Maybe => a === null || b === null ? null : a > b * (1 + 1e-12) ? 1 : a < b * (1 - 1e-12) ? -1 : 0

export const priceTrend = (s: Series, d: number) => {
  const now = price(s, d)
  const highest = Math.max(...days(s).filter((_) => _ <= d).map((_) => price(s, _) ?? 0))
  const last20 = window(s, d, 20)
  const middle = sma(s, d, 20)
  const band = last20 === null ? null : 2 * Math.sqrt(squares(last20) / 20)
  const volumes = (k: number) => all(range(d - k + 1, d).map((_) => s.get(_)?.volume ?? null))
  const [week, month] = [volumes(7), volumes(30)]
  const [today, before] = [side(sma(s, d, 50), sma(s, d, 200)), side(sma(s, d - 1, 50), sma(s, d - 1, 200))]
  const [short, long] = [side(now, sma(s, d, 30)), side(sma(s, d, 30), sma(s, d, 90))]
  return {
    sma_7: sma(s, d, 7),
    sma_30: sma(s, d, 30),
    sma_50: sma(s, d, 50),
    sma_90: sma(s, d, 90),
    sma_200: sma(s, d, 200),
    ema_7: ema(s, d, 7),
    ema_30: ema(s, d, 30),
    ema_90: ema(s, d, 90),
    volatility_30d: volatility(s, d, 30),
    drawdown: ratio(now, highest),
    rsi_14: rsi(s, d),
    bollinger_lower: middle === null || band === null ? null : middle - band,
    bollinger_middle: middle,
    bollinger_upper: middle === null || band === null ? null : middle + band,
    momentum_30: ratio(now, price(s, d - 30)),
    volume_trend: week === null || month === null ? null : ratio(mean(week), mean(month)),
    cross: today === 1 && before !== null && before <= 0 ? "golden" : today === -1 && before !== null && before >= 0 ? "death" : null,
    trend: long === null ? null : short === 1 && long === 1 ? "up" : short === -1 && long === -1 ? "down" : "sideways"
  }
}

export const coinStatistic = (world: World, coin: string, riskFree: number) => {
  const s = world.get(coin) ?? new Map<number, Point>()
  const ds = days(s)
  const [first, last] = [ds[0] ?? NaN, ds.at(-1) ?? NaN]
  const at = (d: number) => price(s, d) ?? NaN
  const logs = present(ds.map((_) => log(s, _)))
  const simples = ds.flatMap((day) => {
    const r = simple(s, day)
    return r === null ? [] : [{ day, r }]
  })
  const e = simples.map((_) => _.r - riskFree / 365)
  const downside = Math.sqrt(mean(e.map((_) => Math.min(_, 0) ** 2)))
  const best = simples.reduce<{ day: number; r: number } | null>((m, _) => m === null || _.r > m.r ? _ : m, null)
  const worst = simples.reduce<{ day: number; r: number } | null>((m, _) => m === null || _.r < m.r ? _ : m, null)
  let [lowest, peak, trough] = [Infinity, NaN, NaN]
  for (const d of ds) {
    const highest = Math.max(...ds.filter((_) => _ <= d).map(at))
    const depth = ratio(at(d), highest)
    if (depth !== null && depth < lowest) [lowest, peak, trough] = [depth, ds.find((_) => at(_) === highest) ?? NaN, d]
  }
  const recovery = ds.find((_) => _ > trough && at(_) >= at(peak))
  const btc = world.get("bitcoin")
  const common = btc === undefined ? [] : ds.flatMap((d) => {
    const [x, y] = [log(s, d), log(btc, d)]
    return x === null || y === null ? [] : [[x, y] as const]
  })
  const [xs, ys] = [common.map(([x]) => x), common.map(([, y]) => y)]
  const [mx, my] = [mean(xs), mean(ys)]
  const covariance = sum(common.map(([x, y]) => (x - mx) * (y - my)))
  return {
    first_day: isoOf(first),
    last_day: isoOf(last),
    days: ds.length,
    gaps: last - first + 1 - ds.length,
    coverage: ds.length / (last - first + 1),
    return_1: ratio(at(last), price(s, last - 1)),
    return_7: ratio(at(last), price(s, last - 7)),
    return_30: ratio(at(last), price(s, last - 30)),
    return_90: ratio(at(last), price(s, last - 90)),
    return_365: ratio(at(last), price(s, last - 365)),
    volatility_30d: volatility(s, last, 30),
    volatility_90d: volatility(s, last, 90),
    volatility_all: times(sd(logs), year),
    max_drawdown: lowest === Infinity ? null : lowest,
    peak_day: lowest === Infinity ? null : isoOf(peak),
    trough_day: lowest === Infinity ? null : isoOf(trough),
    recovery_day: recovery === undefined ? null : isoOf(recovery),
    sharpe: e.length < 2 || !varies(simples.map((_) => _.r)) ? null : mean(e) / (sd(e) ?? NaN) * year,
    sortino: e.length === 0 || downside === 0 ? null : mean(e) / downside * year,
    best_day: best === null ? null : isoOf(best.day),
    best_return: best?.r ?? null,
    worst_day: worst === null ? null : isoOf(worst.day),
    worst_return: worst?.r ?? null,
    beta: common.length < 30 || !varies(ys) ? null : covariance / squares(ys),
    correlation_btc: pearson(common, 30)
  }
}

const pearson = (pairs: ReadonlyArray<readonly [number, number]>, least: number): Maybe => {
  const [xs, ys] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)]
  if (pairs.length < least || !varies(xs) || !varies(ys)) return null
  const [mx, my] = [mean(xs), mean(ys)]
  return sum(pairs.map(([x, y]) => (x - mx) * (y - my))) / Math.sqrt(squares(xs)) / Math.sqrt(squares(ys))
}

export const correlation = (a: Series, b: Series) => {
  const pairs = days(a).flatMap((d) => {
    const [x, y] = [log(a, d), log(b, d)]
    return x === null || y === null ? [] : [[x, y] as const]
  })
  return { correlation: pearson(pairs, 30), days: pairs.length }
}

/** The first days of the months that a day with a point lies in. */
export const months = (s: Series): ReadonlyArray<number> => [...new Set(days(s).map((d) => dayOf(`${isoOf(d).slice(0, 7)}-01`)))]
export const nextMonth = (first: number): number => {
  let d = first + 1
  while (!isoOf(d).endsWith("-01")) d++
  return d
}

export const monthlyPrice = (s: Series, first: number) => {
  const next = nextMonth(first)
  const points = range(first, next).filter((_) => s.has(_))
  const prices = points.map((_) => price(s, _) ?? NaN)
  const last = points.at(-1) ?? NaN
  const [open, close] = [price(s, first), price(s, last) ?? NaN]
  const logs = all(range(first + 1, last).map((_) => log(s, _)))
  const volumes = all(range(first + 1, last).map((_) => s.get(_)?.volume ?? null))
  const depths = prices.map((p, i) => ratio(p, Math.max(...prices.slice(0, i + 1))))
  return {
    open,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close,
    monthly_return: ratio(close, open),
    volatility: logs === null ? null : times(sd(logs), year),
    volume: volumes === null || volumes.length === 0 ? null : sum(volumes),
    max_drawdown: present(depths).length === 0 ? null : Math.min(...present(depths)),
    days: points.length,
    closed: s.has(next)
  }
}

const cap = (s: Series, d: number): Maybe => {
  const value = s.get(d)?.cap ?? null
  return value !== null && value > 0 ? value : null
}

export const rolling = (world: World, coin: string, d: number, k: number): Maybe => {
  const [s, btc] = [world.get(coin), world.get("bitcoin")]
  if (s === undefined || btc === undefined) return null
  const [xs, ys] = [all(range(d - k + 1, d).map((_) => log(s, _))), all(range(d - k + 1, d).map((_) => log(btc, _)))]
  return xs === null || ys === null ? null : pearson(xs.map((x, i) => [x, ys[i] ?? NaN] as const), 2)
}

export const dominance = (world: World, coin: string, d: number) => {
  const own = cap(world.get(coin) ?? new Map<number, Point>(), d)
  return { share: own === null ? null : own / sum(present([...world.values()].map((_) => cap(_, d)))) }
}

/** The market from its first day on. */
export const index = (world: World) => {
  const every = [...new Set([...world.values()].flatMap((_) => [..._.keys()]))].sort((a, b) => a - b)
  let [equal, weighted, before]: [Maybe, Maybe, number] = [100, 100, NaN]
  return every.map((day, i) => {
    const moves = [...world.values()].flatMap((s) => {
      const r = simple(s, day)
      return r === null ? [] : [{ r, weight: cap(s, day - 1) }]
    })
    const weighed = moves.flatMap(({ r, weight }) => weight === null ? [] : [{ r, weight }])
    if (i > 0) {
      if (before !== day - 1) [equal, weighted] = [null, null]
      equal = equal === null || moves.length === 0 ? null : equal * (1 + mean(moves.map((_) => _.r)))
      weighted = weighted === null || weighed.length === 0
        ? null
        : weighted * (1 + sum(weighed.map((_) => _.r * _.weight)) / sum(weighed.map((_) => _.weight)))
    }
    before = day
    return {
      day,
      equal_weight: equal,
      cap_weight: weighted,
      breadth: moves.length === 0 ? null : moves.filter((_) => _.r > 0).length / moves.length,
      coins: moves.length
    }
  })
}

export const distribution = (s: Series) => {
  const returns = present(days(s).map((_) => simple(s, _)))
  return returns.length === 0 ? [] : range(-21, 20).map((bin) => {
    const within = returns.filter((_) => (bin === -21 || _ >= bin / 100) && (bin === 20 || _ < (bin + 1) / 100)).length
    return {
      bin,
      lower: bin === -21 ? null : bin / 100,
      upper: bin === 20 ? null : (bin + 1) / 100,
      days: within,
      share: within / returns.length
    }
  })
}

/** 1 for the highest; how many are higher, and one. */
const place = (own: Maybe, others: ReadonlyArray<Maybe>): Maybe => own === null ? null : 1 + present(others).filter((_) => _ > own).length
const minus = (a: Maybe, b: Maybe): Maybe => a === null || b === null ? null : a - b

export const ranking = (world: World, coin: string, first: number, closes: (month: number) => boolean) => {
  const result = (s: Series | undefined, month: number): Maybe => {
    const row = s === undefined || !closes(month) || !months(s).includes(month) ? null : monthlyPrice(s, month)
    return row === null || !row.closed ? null : row.monthly_return
  }
  const [before, next] = [dayOf(`${isoOf(first - 1).slice(0, 7)}-01`), nextMonth(first)]
  const s = world.get(coin) ?? new Map<number, Point>()
  const each = [...world.values()]
  const own = result(s, first)
  const rank = (month: number) => place(result(s, month), each.map((_) => result(_, month)))
  const capRank = (d: number) => place(cap(s, d), each.map((_) => cap(_, d)))
  const results = present(each.map((_) => result(_, first)))
  return {
    monthly_return: own,
    return_rank: rank(first),
    return_rank_change: minus(rank(before), rank(first)),
    best: own !== null && own === Math.max(...results),
    worst: own !== null && own === Math.min(...results),
    market_cap: cap(s, next),
    cap_rank: capRank(next),
    cap_rank_change: minus(capRank(first), capRank(next))
  }
}

export const comparison = (world: World) => {
  const newest = Math.max(...[...world.values()].flatMap((_) => [..._.keys()]))
  const compared = [...world].filter(([, s]) => (price(s, newest) ?? 0) > 0)
  const base = [...new Set(compared.flatMap(([, s]) => days(s)))].sort((a, b) => a - b)
    .find((d) => compared.every(([, s]) => (price(s, d) ?? 0) > 0)) ?? NaN
  const indexed = (s: Series, d: number): Maybe => {
    const [now, then] = [price(s, d), price(s, base)]
    return now === null || then === null ? null : 100 * (now / then)
  }
  return compared.flatMap(([coin, s]) =>
    days(s).filter((_) => _ >= base).map((day) => {
      const own = indexed(s, day)
      const others = compared.map(([, _]) => indexed(_, day))
      const sofar = range(base, day)
      return {
        coin,
        day,
        row: {
          base_day: isoOf(base),
          price: price(s, day),
          indexed: own,
          place: place(own, others),
          against_mean: ratio(own, mean(present(others))),
          drawdown: ratio(price(s, day), Math.max(...present(sofar.map((_) => price(s, _))))),
          volatility: times(sd(present(sofar.slice(1).map((_) => log(s, _)))), year)
        }
      }
    })
  )
}
