/** `crypto subject`, and what follows from a set: on tables, with names that would do harm if they could. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import * as Asset from "../../src/engine/Asset.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as ManifestLayer from "../../src/layers/Manifest.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import * as Table from "../../src/services/Table.ts"
import { typing } from "./world.ts"

class Station extends Subject.kept<Station>()("station") {}

const Level = Schema.Struct({ station: Schema.String, metres: Schema.Finite })
const levels = Asset.make("levels", { about: "How high the water stands", into: Table.make(Level, { subject: "station" }), of: Station },
  () => Effect.map(Station, (station) => [{ station, metres: station.length }]))
const highest = Asset.make("highest", {
  about: "The highest of all",
  from: { levels },
  into: Table.make(Schema.Struct({ metres: Schema.Finite }))
}, ({ levels }) => DuckDb.useSync((sql) => sql`SELECT max(metres) AS metres FROM ${levels}`))

const inWorld = <A, E>(test: (river: ReturnType<typeof typing>) => Effect.Effect<A, E, DuckDb>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
    const tables = ManifestLayer.layer.pipe(Layer.provideMerge(DuckDbLayer.layerMemory))
    const layer = Layer.succeedContext(
      yield* Layer.build(Layer.mergeAll(tables, Layer.fresh(LedgerLayer.layer(":memory:")), Layer.succeed(Partition.Horizon, 3)))
    )
    const pipeline = Pipeline.make("river", { assets: [levels, highest] })
    return yield* Effect.provide(test(typing(Cli.make(pipeline, { name: "river", version: "1.2.3", about: "", layer }), {})), layer)
  }).pipe(Effect.scoped)

const parse = <A>(schema: Schema.Codec<A, unknown>) => (text: string) => Schema.decodeEffect(Schema.fromJsonString(schema))(text)

describe("subject", () => {
  it.effect("add and delete edit a set, list says what is in it and what was", () =>
    inWorld((river) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* river("subject", "list"), {
          code: 0,
          out: "",
          err: "station is empty: 'npx river subject add station KEY…' fills it.",
          screen: ""
        })
        const { code, err, out } = yield* river("subject", "add", "station", "bern", "St. Gallen")
        assert.deepStrictEqual([code, out], [0, ""])
        assert.strictEqual(err, "station holds bern, St. Gallen from now on: the next run makes what follows from that.")
        assert.strictEqual((yield* river("subject", "add", "station", "bern")).err, "station holds bern already.")
        yield* TestClock.adjust("1 minute")
        const gone = yield* river("subject", "delete", "station", "bern", "--json")
        assert.deepStrictEqual(yield* parse(Cli.SubjectEditJson)(gone.out), { set: "station", changed: ["bern"], keys: ["St. Gallen"] })
        const listed = yield* river("subject", "list", "station")
        assert.match(listed.out, /^station +St\. Gallen +2026-11-24 12:00:00$/m)
        assert.notMatch(listed.out, /bern/)
        assert.match((yield* river("subject", "list", "--deleted")).out, /^station +bern +2026-11-24 12:00:00 +2026-11-24 12:01:00$/m)
        assert.deepStrictEqual(yield* parse(Cli.SubjectsJson)((yield* river("subject", "list", "--deleted", "--json")).out), [{
          set: "station",
          assets: ["levels"],
          keys: [
            { key: "bern", addedAt: "2026-11-24T12:00:00.000Z", deletedAt: "2026-11-24T12:01:00.000Z" },
            { key: "St. Gallen", addedAt: "2026-11-24T12:00:00.000Z", deletedAt: null }
          ]
        }])
      })
    ))

  it.effect("what cannot be meant is refused with what is near, and changes nothing", () =>
    inWorld((river) =>
      Effect.gen(function*() {
        yield* river("subject", "add", "station", "bern", "basel")
        const refused = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
          const { code, err, out } = yield* river(...args)
          assert.deepStrictEqual([code, out], [2, ""])
          return err
        })
        assert.match(yield* refused("subject", "add", "statoin", "x"), /no set of subjects called "statoin"\. Did you mean station\?/)
        assert.match(yield* refused("subject", "delete", "station", "brn", "basel"),
          /brn is not in station, so nothing was changed\. Did you mean bern\?/)
        const steering = yield* refused("subject", "add", "station", "fine", "be\u001b[2Jrn")
        assert.match(steering, /"be\\u001b\[2Jrn" is no key for station: it holds characters that nobody sees/)
        assert.match(yield* refused("run", "levels", "--partition", "brn"),
          /--partition brn is no key of the targets' partitions, and in no set of subjects: did you mean bern\?/)
        assert.match(yield* refused("run", "levels", "--subject", "basl"),
          /--subject basl is no subject of the targets: did you mean basel\?/)
        assert.match(yield* refused("plan", "highest", "--subject", "bern"), /the targets are made for no subject, so leave it out/)
        assert.match((yield* river("subject", "list", "--json")).out, /"bern"[\s\S]*"basel"/)
        assert.notMatch((yield* river("subject", "list", "--json")).out, /fine/)
      })
    ))

  it.effect("an empty set is told by plan and run, and filled by what they say", () =>
    inWorld((river) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* river("plan", "levels")
        assert.deepStrictEqual([code, err], [0, "station is empty: 'npx river subject add station KEY…' fills it."])
        assert.match(out, /nothing would run/)
      })
    ))

  it.effect("runs make the one that is named, or all; one that was deleted keeps its rows, whatever it is called", () =>
    inWorld((river) =>
      Effect.gen(function*() {
        const sql = yield* DuckDb
        const hostile = ["'; DROP TABLE levels; --", "../../etc/passwd", "<script>alert(1)</script>"]
        yield* river("subject", "add", "station", "bern", ...hostile)
        assert.match((yield* river("plan", "levels")).out, /^levels +4 each +never made$/m)
        assert.strictEqual((yield* river("run", "levels", "--partition", "bern")).code, 0)
        assert.deepStrictEqual(yield* sql`SELECT station FROM levels`, [{ station: "bern" }])
        assert.strictEqual((yield* river("run", "levels", "--subject", hostile[0] ?? "", "--subject", hostile[1] ?? "")).code, 0)
        assert.strictEqual((yield* river("run", "highest")).code, 0)
        assert.deepStrictEqual(yield* sql`SELECT station FROM levels ORDER BY ALL`,
          ["bern", ...hostile].toSorted().map((station) => ({ station })))
        yield* river("subject", "delete", "station", ...hostile)
        assert.match((yield* river("plan", "all")).out, /Everything is up to date/)
        assert.deepStrictEqual(yield* sql`SELECT metres FROM highest`, [{ metres: 25 }])
        assert.match((yield* river("status")).out, /fine: 2 fresh/)
      })
    ))
})
