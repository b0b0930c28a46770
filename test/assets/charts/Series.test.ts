/** Rows to draw: every day while there is room, and beyond that the least and the greatest of each column of two pixels; and what is said of the lines. */
import { assert, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { asTheyEnd, changes, coverage, pixels, type Point, type Series, series } from "../../../src/assets/charts/Series.ts"
import { layerMemory } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

const shown = { coins: ["a", "b"].map((id) => ({ id, name: id.toUpperCase(), key: `s_${id}`, colour: "#000000" })), of: 3 }

/** So many days from 2000-01-01 of each coin, one of them not shown; b lacks a day, and stands still. */
const of = (days: number, lacking: number) =>
  DuckDb.useSync((sql) =>
    sql`(
    SELECT coin_id, DATE '2000-01-01' + d::INTEGER AS day, CASE coin_id WHEN 'b' THEN 1 ELSE d * 7919 % 1000 END::DOUBLE AS price, d::DOUBLE AS other
    FROM (VALUES ('a'), ('b'), ('c')) coins(coin_id), range(${days}) days(d)
    WHERE coin_id <> 'b' OR d <> ${lacking})`
  )

const drawn = Effect.fnUntraced(function*(days: number, lacking: number) {
  return yield* series({ rows: yield* of(days, lacking), shown, column: "price", others: ["other"] })
})

const own = (points: ReadonlyArray<Point>, coin: string) => points.filter((_) => _.coin_id === coin)

layer(layerMemory, { excludeTestServices: true })("a chart's rows", (it) => {
  it.effect("are every day, as long as no line has more days than pixels", () =>
    Effect.gen(function*() {
      const { points, ...rest } = yield* drawn(pixels, 3)
      assert.deepStrictEqual(rest, { first: "2000-01-01", last: "2002-01-29", days: 2 * pixels - 1, missing: 1 })
      assert.deepStrictEqual(own(points, "a").map((_) => _.other), Array.from({ length: pixels }, (_, d) => d))
      assert.deepStrictEqual(points[4], {
        coin_id: "a",
        day: "2000-01-05",
        price: 676,
        other: 4,
        stretch: 10_956,
        time: Date.UTC(2000, 0, 5),
        coin: "A",
        series: "s_a"
      })
      assert.deepStrictEqual(own(points, "b").slice(1, 5).map((_) => [_.other, _.stretch]), [[1, 10_956], [2, 10_956], [4, 10_957], [
        5,
        10_957
      ]])
    }))

  it.effect("are the least and the greatest of each two pixels beyond that, and of what is level the first and the last", () =>
    Effect.gen(function*() {
      const days = 10 * pixels
      const { points } = yield* drawn(days, -1)
      const columns = Array.from({ length: pixels / 2 }, (_, at) => Array.from({ length: 20 }, (_, d) => at * 20 + d))
      const height = (d: number) => d * 7919 % 1000
      assert.deepStrictEqual(
        own(points, "a").map((_) => _.other),
        columns.flatMap((column) => {
          const byHeight = column.toSorted((a, b) => height(a) - height(b))
          return [byHeight[0], byHeight.at(-1)].toSorted((a, b) => Number(a) - Number(b))
        })
      )
      assert.deepStrictEqual(own(points, "b").map((_) => _.other), columns.flatMap((_) => [_[0], _.at(-1)]))
    }))

  it.effect("are all that is marked besides, each once", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const days = 10 * pixels
      const rows = yield* of(days, -1)
      const marked = sql`(SELECT *, CASE WHEN d % 97 = 5 THEN 'golden' END AS mark FROM (SELECT *, other::INTEGER AS d FROM ${rows}))`
      const all = yield* series({ rows: marked, shown, column: "price", others: ["other", "mark"], marked: "mark" })
      const { points } = yield* drawn(days, -1)
      const marks = Array.from({ length: days }, (_, d) => d).filter((d) => d % 97 === 5)
      for (const coin of ["a", "b"]) {
        const reduced = own(points, coin).map((_) => Number(_.other))
        assert.isTrue(marks.some((_) => !reduced.includes(_)), "some of them would not be drawn else")
        assert.deepStrictEqual(own(all.points, coin).map((_) => Number(_.other)),
          [...new Set([...reduced, ...marks])].sort((a, b) => a - b))
      }
    }))

  it.effect("are none where nothing has a figure", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* drawn(0, 0), { points: [], first: "", last: "", days: 0, missing: 0 })
    }))
})

const coin = (id: string) => ({ id, name: id.toUpperCase(), key: id, colour: "#000000" })
const point = (coin_id: string, day: string, price: number): Point => ({
  coin_id,
  coin: coin_id,
  series: coin_id,
  day,
  time: 0,
  stretch: 0,
  price
})
const drawing: Series = {
  points: [point("a", "1", 4), point("a", "2", 1), point("b", "1", 1), point("b", "2", 2), point("c", "1", 3), point("c", "2", 3)],
  first: "2026-01-01",
  last: "2026-01-02",
  days: 1200,
  missing: 0
}
const coins = ["a", "b", "c", "gone"].map(coin)

it("a legend reads as the lines end, the highest first, and leaves out who has no line", () => {
  assert.deepStrictEqual(asTheyEnd({ coins, of: 4 }, drawing, "price"), { coins: ["c", "b", "a"].map(coin), of: 4 })
})

it("what a line did is said from its first to its last figure, and nothing of a coin without one", () => {
  assert.strictEqual(changes(drawing, { coins, of: 4 }, "price"), "A fell by 75%, B rose by 100%, C did not change.")
  assert.strictEqual(changes(drawing, { coins: coins.slice(3), of: 1 }, "price"), "")
  assert.strictEqual(changes(drawing, { coins: [], of: 0 }, "price"), "")
})

it("what is covered is said, what is missing, and how many coins are left out", () => {
  const said = (some: Partial<Series>, of = 4) => coverage({ ...drawing, ...some }, { coins, of })
  assert.deepStrictEqual([said({}), said({ missing: 1 }), said({}, 5), said({ days: 1 }), said({ days: 0 })], [
    "2026-01-01 to 2026-01-02, as of 2026-01-02 00:00 UTC · no day missing",
    "2026-01-01 to 2026-01-02, as of 2026-01-02 00:00 UTC · 1 of 1,201 days missing, shown as gaps",
    "2026-01-01 to 2026-01-02, as of 2026-01-02 00:00 UTC · the first 4 of 5 tracked coins · no day missing",
    "2026-01-01 to 2026-01-02, as of 2026-01-02 00:00 UTC · no day missing",
    "No figures yet"
  ])
})
