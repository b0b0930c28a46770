/**
 * How a field of a row is kept in DuckDB: a table's columns follow from its row's Schema.
 *
 * Text is VARCHAR, a number DOUBLE, a boolean BOOLEAN; the schemas here are what else there is. A field that may lack
 * its value is `Schema.NullOr(…)`: missing is NULL, never 0.
 */
import { Schema, SchemaAST } from "effect"

const annotation = "crypto/services/Column"

/** A UTC date, `2026-11-01`: DATE. */
export const Day = Schema.String.pipe(Schema.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))).annotate({ [annotation]: "DATE" })

/** An instant in UTC, `2026-11-01T05:00:00.000Z`: TIMESTAMPTZ. */
export const Instant = Schema.String.pipe(Schema.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/))).annotate({
  [annotation]: "TIMESTAMPTZ"
})

/** A whole number: BIGINT. */
export const Whole = Schema.Int.annotate({ [annotation]: "BIGINT" })

/** A number that may be missing: DOUBLE. Says its formula and its unit. */
export const figure = (description: string) => Schema.NullOr(Schema.Finite).annotate({ description })

/** Anything that JSON can say, kept as its text: JSON. */
export const json = <S extends Schema.Top>(value: S) => Schema.fromJsonString(value)

export interface Column {
  readonly name: string
  /** What it says, with its formula and unit: the field's `description` annotation. */
  readonly description: string | undefined
  readonly type: "DATE" | "TIMESTAMPTZ" | "BIGINT" | "DOUBLE" | "VARCHAR" | "BOOLEAN"
}

/** The columns of a row, in its order. */
export const of = (row: Schema.Top): ReadonlyArray<Column> => {
  const ast = SchemaAST.toEncoded(row.ast)
  if (!SchemaAST.isObjects(ast)) throw new TypeError("A table's row is a struct")
  return ast.propertySignatures.map((_) => ({ name: String(_.name), description: descriptionOf(_.type), type: typeOf(_.type) }))
}

// helpers

const descriptionOf = (ast: SchemaAST.AST): string | undefined => {
  const said = SchemaAST.resolve(ast)?.["description"]
  return typeof said === "string" ? said : undefined
}

const typeOf = (ast: SchemaAST.AST): Column["type"] => {
  const said = SchemaAST.resolve(ast)?.[annotation]
  if (said === "DATE" || said === "TIMESTAMPTZ" || said === "BIGINT") return said
  if (SchemaAST.isUnion(ast)) {
    const some = ast.types.find((_) => !SchemaAST.isNull(_))
    if (some !== undefined) return typeOf(some)
  }
  if (SchemaAST.isNumber(ast)) return "DOUBLE"
  if (SchemaAST.isBoolean(ast)) return "BOOLEAN"
  return "VARCHAR"
}
