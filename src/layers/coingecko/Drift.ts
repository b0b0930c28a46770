/**
 * Decoding that compares the shape it expects with the shape that came, and says in which fields they differ.
 *
 * What a schema calls optional may come or not. What it has a default for can be done without, and is told when it is missing.
 * Everything else is needed.
 */
import { Result, Schema, SchemaAST, SchemaIssue } from "effect"
import { SchemaJITCompiler } from "effect/schema"
import { cleanText } from "../../services/CleanText.ts"
import type { Drift, Policy } from "../../services/Drift.ts"
import { isObject } from "./Json.ts"

/** How one field of one value differs. */
export type Difference = Pick<Drift, "field" | "change" | "expected" | "came">

export interface Read<A> {
  /** The value, or why there is none. */
  readonly value: Result.Result<A, string>
  readonly differences: ReadonlyArray<Difference>
}

export interface Options {
  readonly policy: Policy
  /** Optional fields that were asked for, and so should be there. */
  readonly expects: ReadonlyArray<string>
}

/**
 * A decoder of one value that tells the differences; under `freeze` the caller fails on the first of them. The schema is
 * compiled, which halves the time that a page takes; where code may not be made at run time, it is interpreted.
 */
export const reader = <A>(schema: Schema.Decoder<A>) => {
  SchemaJITCompiler.enable(schema.ast)
  const decode = Schema.decodeUnknownResult(schema, { errors: "first", reportInput: true })
  const decodeAll = Schema.decodeUnknownResult(schema, { errors: "all", reportInput: true })
  return (input: unknown, { expects, policy }: Options): Read<A> => {
    const differences: Array<Difference> = []
    compare(schema.ast, input, "", expects, differences)
    const decoded = decode(input)
    if (Result.isSuccess(decoded)) {
      const lacks = policy === "discard" ? differences.find((_) => _.change === "missing") : undefined
      return {
        value: lacks === undefined ? Result.succeed(decoded.success) : Result.fail(`the field ${lacks.field} is missing`),
        differences
      }
    }
    const all = decodeAll(input)
    const paths = Result.isSuccess(all) ? [] : pathsOf(all.failure)
    for (const path of paths) {
      const field = nameOf(path)
      if (!differences.some((_) => _.change === "missing" && _.field === field)) {
        differences.push({ field, change: "retyped", expected: expectedAt(schema.ast, path), came: kindOf(at(input, path)) })
      }
    }
    const why = Result.fail(tidy(decoded.failure.message))
    if (policy !== "evolve" || paths.length === 0) return { value: why, differences: unique(differences) }
    const rest = structuredClone(input)
    for (const path of paths) drop(rest, path)
    const second = decode(rest)
    return { value: Result.isSuccess(second) ? Result.succeed(second.success) : why, differences: unique(differences) }
  }
}

/** What a value is, in a word. */
export const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  switch (typeof value) {
    case "string":
      return "text"
    case "number":
      return "a number"
    case "boolean":
      return "true or false"
    case "object":
      return "an object"
    default:
      return "nothing"
  }
}

/** A schema's message, in one line. */
export const tidy = (message: string) => cleanText(message.replace(/\s+/g, " "), 300)

// helpers

/** The differences in which fields there are, at every depth at which the schema names fields. */
const compare = (ast: SchemaAST.AST, value: unknown, at: string, expects: ReadonlyArray<string>, out: Array<Difference>): void => {
  const fields = fieldsOf(ast)
  if (fields === undefined || !isObject(value)) return
  let known = 0
  for (const { key, isOptional, type } of fields.list) {
    if (Object.hasOwn(value, key)) {
      known++
      const inner = value[key]
      if (typeof inner === "object" && inner !== null && fieldsOf(type) !== undefined) compare(type, inner, `${at}${key}.`, [], out)
    } else if (!isOptional || expects.includes(key)) {
      out.push({ field: at + key, change: "missing", expected: wanted(type), came: "nothing" })
    }
  }
  const keys = Object.keys(value)
  if (keys.length === known) return
  for (const key of keys) {
    if (!fields.names.has(key)) out.push({ field: cleanText(at + key, 100), change: "new", expected: "nothing", came: kindOf(value[key]) })
  }
}

interface Fields {
  readonly list: ReadonlyArray<{ readonly key: string; readonly isOptional: boolean; readonly type: SchemaAST.AST }>
  readonly names: ReadonlySet<string>
}

/** Worked out once: a page has thousands of rows. */
const remembered = new WeakMap<SchemaAST.AST, { readonly fields: Fields | undefined }>()

const fieldsOf = (ast: SchemaAST.AST): Fields | undefined => {
  const before = remembered.get(ast)
  if (before !== undefined) return before.fields
  const list = structOf(ast)?.propertySignatures.map(({ name, type }) => ({
    key: String(name),
    isOptional: SchemaAST.isOptional(type),
    type
  }))
  const fields = list === undefined ? undefined : { list, names: new Set(list.map((_) => _.key)) }
  remembered.set(ast, { fields })
  return fields
}

/** The struct that an AST is, or is beside null; a record names no fields. */
const structOf = (ast: SchemaAST.AST): SchemaAST.Objects | undefined => {
  if (SchemaAST.isUnion(ast)) return ast.types.map(structOf).find((_) => _ !== undefined)
  return SchemaAST.isObjects(ast) && ast.indexSignatures.length === 0 ? ast : undefined
}

const wanted = (ast: SchemaAST.AST): string => {
  if (SchemaAST.isUnion(ast)) return [...new Set(ast.types.map(wanted))].join(" or ")
  if (SchemaAST.isNull(ast)) return "null"
  if (SchemaAST.isString(ast)) return "text"
  if (SchemaAST.isNumber(ast)) return "a number"
  if (SchemaAST.isBoolean(ast)) return "true or false"
  if (SchemaAST.isArrays(ast)) return "a list"
  if (SchemaAST.isObjects(ast)) return "an object"
  return "anything"
}

const expectedAt = (ast: SchemaAST.AST, path: Path): string => {
  const [key, ...rest] = path
  if (key === undefined) return wanted(ast)
  if (SchemaAST.isUnion(ast)) {
    const inner = ast.types.find((_) => !SchemaAST.isNull(_))
    return inner === undefined ? wanted(ast) : expectedAt(inner, path)
  }
  if (SchemaAST.isArrays(ast)) return expectedAt(ast.rest[0] ?? ast.elements[Number(key)] ?? ast, ast.rest.length > 0 ? rest : [])
  if (!SchemaAST.isObjects(ast)) return wanted(ast)
  const property = ast.propertySignatures.find((_) => _.name === key)?.type ?? ast.indexSignatures[0]?.type
  return property === undefined ? "something else" : expectedAt(property, rest)
}

type Path = ReadonlyArray<string | number>

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** Where the value does not fit. Several members of a union fail at one place. */
const pathsOf = (error: Schema.SchemaError): ReadonlyArray<Path> => {
  const paths = formatIssue(error.issue).issues.map(({ path }) => (path ?? []).map((_) => (typeof _ === "number" ? _ : String(_))))
  return [...new Map(paths.map((_) => [nameOf(_), _])).values()]
}

/** Indices are left out: a list has one type. */
const nameOf = (path: Path): string =>
  cleanText(path.filter((_) => typeof _ !== "number" && !/^\d+$/.test(_)).join("."), 100) || "(the whole)"

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((found, key) => typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined, value)

/** Takes out the field where a path ends; of a list, the whole list. */
const drop = (root: unknown, path: Path): void => {
  const [...keys] = path
  while (keys.length > 0 && Array.isArray(at(root, keys.slice(0, -1)))) keys.pop()
  const key = keys.pop()
  const parent = at(root, keys)
  if (key !== undefined && typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, key)
}

const unique = (differences: ReadonlyArray<Difference>) => [...new Map(differences.map((_) => [`${_.change} ${_.field}`, _])).values()]
