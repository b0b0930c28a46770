import { assert, describe, it } from "@effect/vitest"
import * as Market from "../../../src/layers/sandbox/Market.ts"

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 24, 0, 20, 33, 123)

const coinOf = (market: Market.Market, id: string, now = NOW) => {
  const found = market.find(id, now)
  assert.isDefined(found)
  return found
}
const year = (market: Market.Market, id: string, now = NOW) => market.midnights(coinOf(market, id, now), now - 365 * DAY, now)
const prices = (market: Market.Market, id: string) => year(market, id).map(({ price }) => price)
const days = (points: ReadonlyArray<Market.Point>) => points.map(({ at }) => at / DAY)

const mean = (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0) / xs.length
const returns = (xs: ReadonlyArray<number>) => xs.slice(1).map((x, i) => Math.log(x / (xs[i] ?? Number.NaN)))
const covariance = (xs: ReadonlyArray<number>, ys: ReadonlyArray<number>) => {
  const [x0, y0] = [mean(xs), mean(ys)]
  return mean(xs.map((x, i) => (x - x0) * ((ys[i] ?? Number.NaN) - y0)))
}
const correlation = (xs: ReadonlyArray<number>, ys: ReadonlyArray<number>) =>
  covariance(xs, ys) / Math.sqrt(covariance(xs, xs) * covariance(ys, ys))

describe("sandbox market", () => {
  it("a coin's day is the same on every machine: these figures never change for this seed", () => {
    const market = Market.make("sandbox")
    const figures = ["bitcoin", "ethereum", "sandbox-tiny"].map((id) => {
      const point = market.point(coinOf(market, id), Date.UTC(2026, 0, 1))
      return [id, point?.price.toPrecision(10), point?.cap?.toPrecision(10), point?.volume?.toPrecision(10)]
    })
    assert.deepStrictEqual(figures, [
      ["bitcoin", "66042.13183", "1.314238423e+12", "4.715619854e+10"],
      ["ethereum", "3154.280404", "3.804062168e+11", "1.309407982e+10"],
      ["sandbox-tiny", "3.642537287e-11", "203982088.1", "5222291.857"]
    ])
  })

  it("a figure depends on neither the clock, the range, nor what was asked before", () => {
    const fresh = Market.make("s")
    const used = Market.make("s")
    used.midnights(coinOf(used, "solana"), 0, NOW)
    used.samples(coinOf(used, "bitcoin"), NOW - 5 * DAY, NOW, 3_600_000)
    const late = NOW + 900 * DAY
    used.latest(coinOf(used, "bitcoin", late), late)
    used.extremes(coinOf(used, "bitcoin", late), late)
    const at = Date.UTC(2024, 4, 5)
    const bitcoin = coinOf(fresh, "bitcoin")
    assert.deepStrictEqual(used.point(bitcoin, at), fresh.point(bitcoin, at))
    const noon = at + DAY / 2
    assert.deepStrictEqual(used.point(bitcoin, noon), fresh.point(bitcoin, noon))
    const [alone] = fresh.midnights(bitcoin, at, at)
    assert.deepStrictEqual(used.midnights(bitcoin, at - 100 * DAY, at + 50 * DAY).find((point) => point.at === at), alone)
    const early = Date.UTC(2018, 0, 1)
    assert.deepStrictEqual(used.extremes(bitcoin, early), fresh.extremes(bitcoin, early))
    assert.notDeepEqual(used.extremes(bitcoin, early), fresh.extremes(bitcoin, NOW))
  })

  it("another seed gives other figures, for every coin", () => {
    const [one, two] = [Market.make("1"), Market.make("2")]
    for (const coin of one.listed(NOW)) {
      assert.notStrictEqual(one.latest(coin, NOW).price, two.latest(coin, NOW).price, coin.id)
    }
  })

  for (const seed of ["sandbox", "1", "another"]) {
    it(`seed ${seed}: majors move together, though not as one; a stablecoin moves with nobody`, () => {
      const market = Market.make(seed)
      const bitcoin = returns(prices(market, "bitcoin"))
      for (const id of ["ethereum", "solana", "ripple", "binancecoin"]) {
        const figure = correlation(bitcoin, returns(prices(market, id)))
        assert.isAbove(figure, 0.3, id)
        assert.isBelow(figure, 0.95, id)
      }
      assert.isBelow(Math.abs(correlation(bitcoin, returns(prices(market, "tether")))), 0.25)
    })

    it(`seed ${seed}: it looks like a market`, () => {
      const market = Market.make(seed)
      const moves = returns(prices(market, "bitcoin"))
      const daily = Math.sqrt(covariance(moves, moves))
      assert.isAbove(daily, 0.012)
      assert.isBelow(daily, 0.045)
      const tether = prices(market, "tether")
      assert.isAbove(Math.min(...tether), 0.97)
      assert.isBelow(Math.max(...tether), 1.03)
      assert.isBelow(Math.max(...prices(market, "sandbox-tiny")), 1e-9)
      assert.isAbove(Math.min(...prices(market, "sandbox-tiny")), 1e-12)
      assert.strictEqual(market.ranks(NOW).get("bitcoin"), 1)
      for (const coin of market.listed(NOW)) {
        for (const { price, volume } of year(market, coin.id)) {
          assert.isTrue(Number.isFinite(price) && price > 0, coin.id)
          if (volume !== null) assert.isAbove(volume, 0, coin.id)
        }
      }
    })
  }

  it("tails are fat and storms cluster: over ten years kurtosis is above a normal's 3, and wild days follow wild days", () => {
    const market = Market.make("sandbox")
    const moves = returns(market.midnights(coinOf(market, "bitcoin"), 0, NOW).map(({ price }) => price))
    const variance = covariance(moves, moves)
    const middle = mean(moves)
    assert.isAbove(mean(moves.map((move) => (move - middle) ** 4)) / variance ** 2, 3.5)
    const squares = moves.map((move) => move * move)
    assert.isAbove(correlation(squares.slice(1), squares.slice(0, -1)), 0.03)
  })

  it("market cap is price times supply, but null in spells, and always 0 without a verified supply", () => {
    const market = Market.make("sandbox")
    const bitcoin = coinOf(market, "bitcoin")
    for (const { price, cap } of year(market, "bitcoin")) assert.strictEqual(cap, price * bitcoin.supply)
    const spells = year(market, "sandbox-null-caps")
    const nulls = spells.filter(({ cap }) => cap === null)
    assert.isAtLeast(nulls.length, 6 * 7)
    assert.isAtMost(nulls.length, 7 * 7)
    assert.isAtLeast(spells.filter(({ volume }) => volume === null).length, 6 * 2)
    assert.isTrue(year(market, "sandbox-zero-caps").every(({ cap }) => cap === 0))
    assert.isFalse(market.ranks(NOW).has("sandbox-zero-caps"))
  })

  it("only the coin with gaps lacks days, single ones and four in a row, at any hour of them", () => {
    const market = Market.make("sandbox")
    assert.strictEqual(year(market, "bitcoin").length, 365)
    const present = days(year(market, "sandbox-gaps"))
    assert.isAbove(present.length, 300)
    assert.isBelow(present.length, 350)
    const holes = present.slice(1).map((day, i) => day - (present[i] ?? day) - 1).filter((hole) => hole > 0)
    assert.isTrue(holes.some((hole) => hole === 1))
    assert.isTrue(holes.some((hole) => hole >= 4))
    const gaps = coinOf(market, "sandbox-gaps")
    const first = days(market.midnights(gaps, NOW - 365 * DAY, NOW)).find((day, i) => present[i + 1] !== day + 1) ?? 0
    assert.isUndefined(market.point(gaps, (first + 1) * DAY + 5_000_000))
    assert.strictEqual(market.latest(gaps, (first + 1) * DAY + 5_000_000).at, (first + 1) * DAY - 1)
  })

  it("each 20 May a coin is listed, without a past, and two years later it is gone", () => {
    const market = Market.make("sandbox")
    const newcomer = year(market, "sandbox-newcomer-2026")
    assert.strictEqual(newcomer[0]?.at, Date.UTC(2026, 4, 20))
    assert.strictEqual(newcomer.length, 189)
    const is = (now: number) => market.find("sandbox-newcomer-2026", now) !== undefined
    assert.deepStrictEqual([Date.UTC(2026, 4, 20) - 1, Date.UTC(2026, 4, 20), Date.UTC(2028, 4, 20) - 1, Date.UTC(2028, 4, 20)].map(is), [
      false,
      true,
      true,
      false
    ])
    for (const now of [Date.UTC(2019, 8, 1), NOW, Date.UTC(2060, 1, 29)]) {
      const young = market.listed(now).filter(({ listed }) => listed * DAY > now - 365 * DAY)
      assert.strictEqual(young.length, 1)
    }
    assert.deepStrictEqual(market.listed(Date.UTC(2016, 11, 31)), [])
  })

  it("prices between two midnights meet both", () => {
    const market = Market.make("sandbox")
    const bitcoin = coinOf(market, "bitcoin")
    const at = Date.UTC(2026, 6, 1)
    const price = (instant: number) => market.point(bitcoin, instant)?.price ?? Number.NaN
    assert.closeTo(price(at + 1) / price(at), 1, 1e-4)
    assert.closeTo(price(at + DAY - 1) / price(at + DAY), 1, 1e-4)
    assert.isAbove(Math.abs(price(at + DAY / 2) / price(at) - 1), 1e-4)
  })

  it("its names are hostile in two ways, and every one says synthetic", () => {
    const names = Market.make("sandbox").listed(NOW).map(({ name }) => name)
    assert.isTrue(names.some((name) => name.includes("</script><img src=x onerror=alert(1)>")))
    assert.isTrue(names.some((name) => name.startsWith("=HYPERLINK(")))
    assert.isTrue(names.every((name) => name.includes("Synthetic")))
    assert.strictEqual(new Set(Market.make("sandbox").listed(NOW).map(({ id }) => id)).size, names.length)
  })

  it("any seed will do", () => {
    for (const seed of ["", "0", "a b", "\n</script>", "日本", "\ud800"]) {
      assert.isAbove(Market.make(seed).latest(coinOf(Market.make(seed), "bitcoin"), NOW).price, 5_000)
    }
  })
})
