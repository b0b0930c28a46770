/** docs/json.md: what each command prints with --json, from the schemas themselves. `node tools/jsonDocs.ts` writes it; a test holds it. */
import { Schema, SchemaAST } from "effect"
import { writeFileSync } from "node:fs"
import * as Cli from "../src/cli/Cli.ts"

/** By the command that prints it. */
const documents: ReadonlyArray<readonly [command: string, schema: Schema.Top]> = [
  ["backfill", Cli.BackfillJson],
  ["backfills", Cli.BackfillsJson],
  ["chart --out FILE", Cli.ChartJson],
  ["check", Cli.CheckJson],
  ["config", Cli.ConfigJson],
  ["doctor", Cli.DoctorJson],
  ["explain", Cli.ExplainJson],
  ["export", Cli.ExportJson],
  ["gc", Cli.GcJson],
  ["graph", Cli.GraphJson],
  ["list", Cli.ListJson],
  ["logs", Cli.LogsJson],
  ["logs --follow", Cli.LogEventJson],
  ["plan", Cli.PlanJson],
  ["query", Cli.QueryJson],
  ["report", Cli.ReportJson],
  ["run", Cli.RunJson],
  ["runs", Cli.RunsJson],
  ["schedule list, sensor list", Cli.AutomationJson],
  ["schedule history, sensor history", Cli.HistoryJson],
  ["subject list", Cli.SubjectsJson],
  ["subject add, subject delete", Cli.SubjectEditJson],
  ["schedule tick, sensor tick", Cli.TickJson],
  ["simulate", Cli.SimulateJson],
  ["show", Cli.ShowJson],
  ["site", Cli.SiteJson],
  ["status", Cli.StatusJson]
]

/** The page as it should be. */
export const page = (): string =>
  [
    "# What commands print with `--json`",
    "",
    "One document on stdout, also when the exit code is not 0; `logs --follow` prints one event a line. Each is a `Schema` of the library, under the name",
    "`Cli.…Json`. Times are ISO 8601 in UTC. Fields may be added; none is taken away or changes its meaning within a major version.",
    ...documents.flatMap(([command, schema]) => ["", `## \`${command}\``, "", "```ts", typeOf(schema.ast, ""), "```"]),
    ""
  ].join("\n")

// helpers

const typeOf = (given: SchemaAST.AST, lead: string): string => {
  const ast = SchemaAST.toEncoded(given)
  if (SchemaAST.isObjects(ast)) {
    const inner = `${lead}  `
    const fields = ast.propertySignatures.map((_) =>
      `${inner}${/^\w+$/.test(String(_.name)) ? String(_.name) : JSON.stringify(_.name)}${SchemaAST.isOptional(_.type) ? "?" : ""}: ${
        typeOf(_.type, inner)
      }`
    )
    const others = ast.indexSignatures.map((_) => `${inner}[name: string]: ${typeOf(_.type, inner)}`)
    return `{\n${[...fields, ...others].join("\n")}\n${lead}}`
  }
  if (SchemaAST.isArrays(ast)) {
    const item = typeOf(ast.rest[0] ?? SchemaAST.unknown, lead)
    return /^[\w{]/.test(item) && !item.includes(" | ") || item.startsWith("{") ? `${item}[]` : `(${item})[]`
  }
  if (SchemaAST.isUnion(ast)) {
    // JSON itself is a union of all that it may be
    const of = ast.types.map((_) => SchemaAST.isLiteral(_) ? JSON.stringify(_.literal) : typeOf(_, lead))
    return [...new Set(of)].join(" | ")
  }
  if (SchemaAST.isLiteral(ast)) return JSON.stringify(ast.literal)
  if (SchemaAST.isNull(ast)) return "null"
  if (SchemaAST.isString(ast)) return "string"
  if (SchemaAST.isBoolean(ast)) return "boolean"
  if (SchemaAST.isNumber(ast)) return isWhole(ast) ? "integer" : "number"
  return "JSON"
}

const isWhole = (ast: SchemaAST.AST): boolean => ast.checks?.some((_) => JSON.stringify(_.annotations ?? {}).includes("isInt")) ?? false

if (import.meta.main) writeFileSync(new URL("../docs/json.md", import.meta.url), page())
