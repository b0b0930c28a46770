/**
 * Says where a value departs from a JSON Schema, for the part of JSON Schema that Vega-Lite's own schema uses.
 *
 * An interpreter of a hundred lines rather than a validator that compiles: the schema has 1,000 definitions, one spec
 * is checked in milliseconds, and nothing is generated. A test holds that the schema uses no other keyword than these.
 */
export interface Problem {
  readonly path: ReadonlyArray<string | number>
  readonly problem: string
}

export interface Schema {
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly anyOf?: ReadonlyArray<Schema>
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly type?: string | ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly required?: ReadonlyArray<string>
  readonly minProperties?: number
  readonly items?: Schema | ReadonlyArray<Schema>
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

/** What is checked; `description`, `format`, `$schema` and `definitions` say nothing about a value. */
export const keywords: ReadonlySet<string> = new Set(
  ("$ref anyOf enum const type properties additionalProperties required minProperties items minItems maxItems minimum maximum minLength maxLength" +
    " description format $schema definitions").split(" ")
)

/** Nothing: the value is as the schema says. */
export const problems = (root: Schema, value: unknown): ReadonlyArray<Problem> => {
  // a value reached again through another branch under the same definition has the same answer
  const known = new Map<Schema, Map<object, ReadonlyArray<Found>>>()

  const check = (schema: Schema, value: unknown, path: Problem["path"]): ReadonlyArray<Found> => {
    if (schema.$ref !== undefined) return definition(schema.$ref, value, path)
    const branched = schema.anyOf === undefined ? [] : anyOf(schema.anyOf, value, path)
    if (branched.length > 0) return branched
    if ("const" in schema && schema.const !== value) return [misfit(path, () => `${show(value)} is not ${show(schema.const)}`)]
    if (schema.enum !== undefined && !schema.enum.includes(value)) {
      const among = schema.enum
      return [misfit(path, () => `${show(value)} is none of ${among.map(show).join(", ")}`)]
    }
    if (schema.type !== undefined && !isOf(schema.type, value)) {
      const type = schema.type
      return [misfit(path, () => `${show(value)} is not ${[type].flat().map(article).join(" or ")}`)]
    }
    if (typeof value === "number") return bounds(schema.minimum, schema.maximum, value, "", path)
    if (typeof value === "string") return bounds(schema.minLength, schema.maxLength, value.length, " characters", path)
    if (Array.isArray(value)) return array(schema, value, path)
    return isRecord(value) ? object(schema, value, path) : []
  }

  const definition = (ref: string, value: unknown, path: Problem["path"]): ReadonlyArray<Found> => {
    const schema = root.definitions?.[decodeURIComponent(ref.replace("#/definitions/", ""))]
    if (schema === undefined) return [amiss(path, () => `the schema lacks ${ref}`)]
    if (typeof value !== "object" || value === null) return check(schema, value, path)
    const answers = known.get(schema) ?? new Map<object, ReadonlyArray<Found>>()
    known.set(schema, answers)
    const answer = answers.get(value) ?? check(schema, value, path)
    answers.set(value, answer)
    return answer
  }

  const anyOf = (branches: ReadonlyArray<Schema>, value: unknown, path: Problem["path"]): ReadonlyArray<Found> => {
    let best: ReadonlyArray<Found> = []
    const misfits: Array<Found> = []
    for (const branch of branches) {
      const found = check(branch, value, path)
      const [first] = found
      if (first === undefined) return []
      // a branch for another kind of value says nothing about this one; of the others, the one that went deepest was meant
      if (depth(found) === path.length && first.isMisfit) misfits.push(first)
      else if (best.length === 0 || depth(found) > depth(best) || (depth(found) === depth(best) && found.length < best.length)) best = found
    }
    return best.length > 0 ? best : [misfit(path, () => join(show(value), new Set(misfits.map((_) => _.problem()))))]
  }

  const array = (schema: Schema, value: ReadonlyArray<unknown>, path: Problem["path"]): ReadonlyArray<Found> => {
    const size = bounds(schema.minItems, schema.maxItems, value.length, " items", path)
    if (size.length > 0 || schema.items === undefined) return size
    for (const [index, item] of value.entries()) {
      const of = isTuple(schema.items) ? schema.items[index] : schema.items
      const found = of === undefined ? [] : check(of, item, [...path, index])
      if (found.length > 0) return found
    }
    return []
  }

  const object = (schema: Schema, value: Readonly<Record<string, unknown>>, path: Problem["path"]): ReadonlyArray<Found> => {
    const found: Array<Found> = []
    for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) found.push(amiss(path, () => `"${key}" is missing`))
    for (const [key, inner] of saysNothing(schema) ? [] : Object.entries(value)) {
      const named = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
      if (named !== undefined) found.push(...check(named, inner, [...path, key]))
      else if (schema.additionalProperties === false) found.push(amiss(path, () => `"${key}" is not known here`))
      else if (typeof schema.additionalProperties === "object") found.push(...check(schema.additionalProperties, inner, [...path, key]))
    }
    if (schema.minProperties === undefined) return found
    return [...found, ...bounds(schema.minProperties, undefined, Object.keys(value).length, " properties", path)]
  }

  return check(root, value, []).map(({ path, problem }) => ({ path, problem: problem() }))
}

/** `encoding.x.type: "numbr" is none of "quantitative", …` */
export const sentence = ({ path, problem }: Problem): string =>
  `${path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("").replace(/^\./, "") || "the spec"}: ${problem}`

// helpers

/** A problem that is not said yet: of many branches of a schema most do not fit, and nobody asks why. */
interface Found {
  readonly path: Problem["path"]
  /** Is the value as a whole another than it should be? */
  readonly isMisfit: boolean
  readonly problem: () => string
}

const misfit = (path: Problem["path"], problem: () => string): Found => ({ path, isMisfit: true, problem })

const amiss = (path: Problem["path"], problem: () => string): Found => ({ path, isMisfit: false, problem })

const depth = (found: ReadonlyArray<Found>) => Math.max(0, ...found.map(({ path }) => path.length))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null

const isTuple = (items: Schema | ReadonlyArray<Schema>): items is ReadonlyArray<Schema> => Array.isArray(items)

const isOf = (type: string | ReadonlyArray<string>, value: unknown): boolean => {
  if (typeof type !== "string") return type.some((_) => isOf(_, value))
  switch (type) {
    case "null":
      return value === null
    case "array":
      return Array.isArray(value)
    case "object":
      return isRecord(value) && !Array.isArray(value)
    case "integer":
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

/** About what is in an object: so it is with rows, of which there are thousands. */
const saysNothing = ({ additionalProperties, properties }: Schema) => properties === undefined && additionalProperties === undefined

const bounds = (
  least: number | undefined,
  most: number | undefined,
  found: number,
  unit: string,
  path: Problem["path"]
): ReadonlyArray<Found> =>
  least !== undefined && found < least
    ? [amiss(path, () => `${found}${unit}, at least ${least}`)]
    : most !== undefined && found > most
    ? [amiss(path, () => `${found}${unit}, at most ${most}`)]
    : []

const show = (value: unknown): string => {
  const text = JSON.stringify(head(value)) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** As much of a value as is shown: a row may be one of thousands. An item is written with two letters at least, a property with five. */
const head = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.slice(0, 31).map(head)
    : isRecord(value)
    ? Object.fromEntries(Object.entries(value).slice(0, 13).map(([key, inner]) => [key, head(inner)]))
    : value

const article = (type: string) => (/^[aio]/.test(type) ? `an ${type}` : type === "null" ? type : `a ${type}`)

/** `"nope" is none of "arc", … nor an object`: one sentence of many branches that all fail at the same place. */
const join = (value: string, flat: ReadonlySet<string>): string => {
  const wanted = [...flat].map((problem) => problem.replace(`${value} `, "").replace(/^is (none of|not) /, ""))
  return `${value} is none of ${[...new Set(wanted)].slice(0, 12).join(", ")}`
}
