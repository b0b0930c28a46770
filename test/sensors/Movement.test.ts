import { assert, describe, it } from "@effect/vitest"
import * as Movement from "../../src/sensors/Movement.ts"

const MINUTE = 60_000
const options: Movement.Options = { threshold: 0.05, window: "1 hour", hysteresis: 0.01, coolDown: "30 minutes" }

/** The minutes at which a series of `[minute, price]` fires. */
const fires = (series: ReadonlyArray<readonly [minute: number, price: number]>, some: Partial<Movement.Options> = {}) => {
  let state = Movement.initial
  return series.flatMap(([minute, price]) => {
    const look = Movement.look(state, minute * MINUTE, price, { ...options, ...some })
    state = look.state
    return look.fires ? [minute] : []
  })
}

describe("a price that moved", () => {
  it("fires on a 5 % move, up or down, and not on 4 %", () => {
    assert.deepStrictEqual(fires([[0, 100], [15, 104]]), [])
    assert.deepStrictEqual(fires([[0, 100], [15, 96]]), [])
    assert.deepStrictEqual(fires([[0, 100], [15, 105.1]]), [15])
    assert.deepStrictEqual(fires([[0, 100], [15, 94.9]]), [15])
    assert.deepStrictEqual(fires([[0, 64], [15, 72]], { threshold: 0.125 }), [15])
  })

  it("once, and not again at the same price", () => {
    assert.deepStrictEqual(fires([[0, 100], [15, 94], [30, 94], [45, 94]]), [15])
  })

  it("is measured from the farthest price within the window, its far end among it", () => {
    assert.deepStrictEqual(fires([[0, 100], [15, 97], [60, 94.9]]), [60])
    assert.deepStrictEqual(fires([[0, 100], [15, 97], [61, 94.9]]), [])
    assert.deepStrictEqual(fires([[0, 100], [15, 103], [30, 97.5]]), [30])
  })

  it("fires again only after it was calm, which is below the threshold by the hysteresis, and the cool-down has passed", () => {
    // calm at 80: of the last hour only 94 is known
    assert.deepStrictEqual(fires([[0, 100], [15, 94], [75, 94], [90, 89]]), [15, 90])
    // 4.5 % is not calm
    assert.deepStrictEqual(fires([[0, 100], [15, 94], [75, 98.3], [135, 103.5]]), [15])
    assert.deepStrictEqual(fires([[0, 100], [15, 94], [75, 94], [90, 89]], { coolDown: "2 hours" }), [15])
    assert.deepStrictEqual(fires([[0, 100], [15, 94], [75, 94], [90, 89]], { coolDown: "75 minutes" }), [15, 90])
  })

  it("has no move when nothing was seen within the window", () => {
    assert.deepStrictEqual(fires([[0, 100], [61, 50], [122, 25]]), [])
  })
})

describe("against a reference that shares no code, on series drawn by chance", () => {
  /** From the definition, over the whole series each time. */
  const reference = (
    series: ReadonlyArray<readonly [number, number]>,
    o: { threshold: number; window: number; hysteresis: number; coolDown: number }
  ) => {
    const fired: Array<number> = []
    let ready = true
    for (let i = 0; i < series.length; i++) {
      const entry = series[i]
      if (entry === undefined) continue
      const [t, p] = entry
      let size = 0
      for (let j = 0; j < i; j++) {
        const earlier = series[j]
        if (earlier !== undefined && t - earlier[0] <= o.window) size = Math.max(size, Math.abs(p / earlier[1] - 1))
      }
      const last = fired[fired.length - 1]
      if (ready && size >= o.threshold && (last === undefined || t - last >= o.coolDown)) {
        fired.push(t)
        ready = false
      } else if (size < o.threshold - o.hysteresis) ready = true
    }
    return fired
  }

  it("fires at exactly the same instants", () => {
    let state = 7
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    let total = 0
    for (let round = 0; round < 200; round++) {
      const o = {
        threshold: 0.01 + random() * 0.06,
        window: 1 + Math.floor(random() * 120),
        hysteresis: random() * 0.01,
        coolDown: Math.floor(random() * 90)
      }
      let minute = 0
      let price = 10 ** (random() * 12 - 6)
      const series = Array.from({ length: 300 }, () => {
        minute += 1 + Math.floor(random() * 20)
        price *= 1 + (random() - 0.5) * 0.04
        return [minute, price] as const
      })
      const expected = reference(series, o)
      total += expected.length
      assert.deepStrictEqual(fires(series, { ...o, window: `${o.window} minutes`, coolDown: `${o.coolDown} minutes` }), expected)
    }
    assert.isAbove(total, 1000)
  })
})
