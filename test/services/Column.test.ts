/** Columns follow from a row's schema: their types, and what each says. */
import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Column from "../../src/services/Column.ts"

class Row extends Schema.Class<Row>("Row")({
  day: Column.Day.annotate({ description: "The day (UTC)" }),
  at: Column.Instant,
  rank: Schema.NullOr(Column.Whole).annotate({ description: "1 is the largest" }),
  price: Schema.Finite.annotate({ description: "p(D)" }),
  change: Schema.NullOr(Schema.Finite).annotate({ description: "p(D) / p(D−1) − 1, a fraction" }),
  name: Schema.String,
  closed: Schema.Boolean
}) {}

it("a column has its field's name, type and description", () => {
  assert.deepStrictEqual(Column.of(Row), [
    { name: "day", type: "DATE", description: "The day (UTC)" },
    { name: "at", type: "TIMESTAMPTZ", description: undefined },
    { name: "rank", type: "BIGINT", description: "1 is the largest" },
    { name: "price", type: "DOUBLE", description: "p(D)" },
    { name: "change", type: "DOUBLE", description: "p(D) / p(D−1) − 1, a fraction" },
    { name: "name", type: "VARCHAR", description: undefined },
    { name: "closed", type: "BOOLEAN", description: undefined }
  ])
})
