/**
 * The mutants of a source file: each is one operator, constant, aggregate or condition of it turned into another, in
 * TypeScript and in the SQL of its templates.
 */
import { parseAst } from "rolldown/parseAst"

export interface Mutant {
  readonly line: number
  /** Where in the source, and what stands there instead. */
  readonly start: number
  readonly end: number
  readonly from: string
  readonly to: string
}

export const mutantsOf = (source: string, file: string): ReadonlyArray<Mutant> => {
  const found: Array<Omit<Mutant, "line" | "from">> = []
  walk(parseAst(source, { lang: "ts" }, file), source, found)
  return found
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((_) => ({ ..._, line: source.slice(0, _.start).split("\n").length, from: source.slice(_.start, _.end) }))
}

// helpers

type Found = Array<Omit<Mutant, "line" | "from">>
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value && "start" in value
const field = (node: object, name: string): unknown => Reflect.get(node, name)
const child = (node: Node, name: string): Node => {
  const value = field(node, name)
  if (!isNode(value)) throw new TypeError(`${node.type} has no ${name}`)
  return value
}

const binary = new Map([
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["/", "*"],
  ["%", "*"],
  ["**", "*"],
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["===", "!=="],
  ["!==", "==="],
  ["&&", "||"],
  ["||", "&&"],
  ["+=", "-="],
  ["-=", "+="],
  ["++", "--"],
  ["--", "++"]
])

const walk = (node: unknown, source: string, found: Found): void => {
  if (Array.isArray(node)) return node.forEach((_) => walk(_, source, found))
  if (!isNode(node)) return
  // types and imports do nothing at run time
  if (node.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull)Expression$/.test(node.type) || node.type === "ImportDeclaration") return
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
      // `a ?? b || c` is no JavaScript, so that both stand in brackets; `||` differs only where that is a plain value
      if (field(node, "operator") === "??") {
        const [left, right] = ["left", "right"].map((_) => child(node, _)).map((_) => source.slice(_.start, _.end))
        found.push({ start: node.start, end: node.end, to: `((${left}) ${isPlain(child(node, "right")) ? "||" : "&&"} (${right}))` })
        break
      }
      between(node, child(node, "left").end, child(node, "right").start, source, found)
      break
    case "AssignmentExpression":
      between(node, child(node, "left").end, child(node, "right").start, source, found)
      break
    case "UpdateExpression":
    case "UnaryExpression": {
      const operator = String(field(node, "operator"))
      if (node.type === "UpdateExpression") between(node, child(node, "argument").end, node.end, source, found)
      else if (operator === "!" || operator === "-") found.push({ start: node.start, end: node.start + 1, to: "" })
      break
    }
    case "ConditionalExpression":
    case "IfStatement": {
      const { end, start } = child(node, "test")
      found.push({ start, end, to: `!(${source.slice(start, end)})` })
      break
    }
    case "Literal": {
      const value = field(node, "value")
      if (typeof value === "number") found.push({ start: node.start, end: node.end, to: nearNumber(source.slice(node.start, node.end)) })
      if (typeof value === "boolean") found.push({ start: node.start, end: node.end, to: String(!value) })
      break
    }
    case "TaggedTemplateExpression":
      if (source.slice(child(node, "tag").start, child(node, "tag").end) === "sql") inSql(child(node, "quasi"), found)
      break
    case "CallExpression": {
      const callee = child(node, "callee")
      const first: unknown = Array.isArray(field(node, "arguments")) ? Reflect.get(Object(field(node, "arguments")), 0) : undefined
      if (source.slice(callee.start, callee.end) === "sql.literal" && isNode(first) && first.type === "TemplateLiteral") inSql(first, found)
      break
    }
  }
  for (const [name, value] of Object.entries(node)) if (name !== "typeAnnotation") walk(value, source, found)
}

/** A number or a boolean that is not taken for nothing, or what is made of one by a sign. */
const isPlain = (node: Node): boolean =>
  node.type === "UnaryExpression"
    ? isPlain(child(node, "argument"))
    : node.type === "Literal" && (field(node, "value") === true || Boolean(Number(field(node, "value"))))

const between = (node: Node, from: number, to: number, source: string, found: Found) => {
  const operator = String(field(node, "operator"))
  const instead = binary.get(operator)
  const start = source.indexOf(operator, from)
  if (instead !== undefined && start >= 0 && start < to) found.push({ start, end: start + operator.length, to: instead })
}

const nearNumber = (text: string): string =>
  /^[\d._]+e/i.test(text)
    ? text.replace(/e.*/i, (_) => `e${Math.round(Number(_.slice(1)) / 4)}`)
    : `${Number(text.replaceAll("_", "")) + 1}`

/** What a word of SQL turns into; a comparison or a sign likewise. */
const words = new Map([
  ["min", "max"],
  ["max", "min"],
  ["avg", "sum"],
  ["sum", "avg"],
  ["product", "sum"],
  ["stddev_samp", "stddev_pop"],
  ["stddev_pop", "stddev_samp"],
  ["covar_samp", "covar_pop"],
  ["var_samp", "var_pop"],
  ["corr", "covar_pop"],
  ["least", "greatest"],
  ["greatest", "least"],
  ["lag", "lead"],
  ["first_value", "last_value"],
  ["min_by", "max_by"],
  ["max_by", "min_by"],
  ["rank", "row_number"],
  ["row_number", "rank"],
  ["floor", "ceil"],
  ["sqrt", "abs"],
  ["ln", "exp"],
  ["AND", "OR"],
  ["OR", "AND"],
  ["DESC", "ASC"],
  ["LEFT", "INNER"],
  ["IS NULL", "IS NOT NULL"],
  ["IS NOT NULL", "IS NULL"],
  ["NULLS LAST", "NULLS FIRST"],
  ["DISTINCT", ""],
  [">=", ">"],
  ["<=", "<"],
  [">", ">="],
  ["<", "<="],
  ["<>", "="],
  ["=", "<>"],
  ["+", "-"],
  ["-", "+"],
  ["**", "*"],
  ["*", "/"],
  ["/", "*"],
  ["%", "+"]
])

const token =
  /DATE '[^']*'|'[^']*'|"[^"]*"|IS NOT NULL|IS NULL|NULLS LAST|[A-Za-z_][A-Za-z_0-9.]*|\d+(?:\.\d+)?(?:e-?\d+)?|>=|<=|<>|\*\*|[-+*/%<>=(),]/g

const inSql = (template: Node, found: Found) => {
  const quasis = field(template, "quasis")
  if (!Array.isArray(quasis)) return
  let isBetween = false
  let before = ""
  for (const quasi of quasis as ReadonlyArray<Node>) {
    const raw = String(Reflect.get(Object(field(quasi, "value")), "raw"))
    for (const match of raw.matchAll(token)) {
      const text = match[0]
      const start = quasi.start + 1 + match.index
      const put = (to: string) => found.push({ start, end: start + text.length, to })
      const last = before
      before = text
      if (text === "BETWEEN") isBetween = true
      // the AND of a BETWEEN is no condition, and the * of a SELECT or count no product
      if (text === "AND" && isBetween) {
        isBetween = false
        continue
      }
      if (text === "*" && /^(SELECT|\(|,|)$/.test(last)) continue
      // a sign, not a difference
      if (text === "-" && /^(\(|,|THEN|ELSE|=|<|>|)$/.test(last)) put("")
      else if (text.startsWith("'")) put(`'x${text.slice(1)}`)
      else if (/^\d/.test(text)) put(nearNumber(text))
      else {
        const to = words.get(text)
        if (to !== undefined) put(to)
      }
    }
    // what is interpolated is some value
    before = "$"
  }
}
