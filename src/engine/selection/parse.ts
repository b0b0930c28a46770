/** From text to expression, or to what is wrong with it and where. */
import { Result } from "effect"
import { type Attribute, attributes, type Expression, type Hops, isOperator, states } from "./Expression.ts"
import { nearest } from "./nearest.ts"
import { SelectionError } from "./SelectionError.ts"

/** An expression as it was written: its parts know their places in the text. */
export interface Selection {
  readonly text: string
  readonly expression: Expression
  readonly places: ReadonlyMap<Expression, number>
}

export const parse = (text: string): Result.Result<Selection, SelectionError> =>
  Result.flatMap(tokenize(text), (tokens) => {
    const reader = new Reader(text, tokens)
    return Result.map(reader.list(), (expression) => ({ text, expression, places: reader.places }))
  })

// helpers

interface Token {
  readonly kind: "word" | "text" | "null" | "mark" | "end"
  readonly text: string
  readonly at: number
}

const TOKEN = /\s+|(?<word>[A-Za-z0-9_./*-]+)|"(?<text>[^"\\\r\n]*)"|(?<none><null>)|(?<mark>[():+=,])/y

const tokenize = (text: string): Result.Result<ReadonlyArray<Token>, SelectionError> => {
  const tokens: Array<Token> = []
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (found === null) {
      const isOpen = text[at] === "\""
      return Result.fail(syntax(text, {
        at,
        expected: isOpen ? "a second quotation mark, and no backslash or line break before it" : "a name, an attribute or a bracket",
        found: isOpen ? "none" : shown(text, at),
        hint: isOpen ? "" : "Put what holds other characters than letters, digits and _ . / - * in quotation marks."
      }))
    }
    const { mark, none, text: inside, word } = found.groups ?? {}
    if (word !== undefined) tokens.push({ kind: "word", text: word, at })
    else if (inside !== undefined) tokens.push({ kind: "text", text: inside, at })
    else if (none !== undefined) tokens.push({ kind: "null", text: none, at })
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark, at })
    at = TOKEN.lastIndex
  }
  return Result.succeed([...tokens, { kind: "end", text: "", at: text.length }])
}

const syntax = (expression: string, wrong: { at: number; expected: string; found: string; hint?: string }): SelectionError =>
  new SelectionError({
    expression,
    at: wrong.at,
    reason: { _tag: "Syntax", expected: wrong.expected, found: wrong.found, hint: wrong.hint ?? "" }
  })

type Parsed = Result.Result<Expression, SelectionError>

const ATOM = "an asset, a job, an attribute like group:extract, or a bracket"

/** Recursive descent: a method a rule. */
class Reader {
  readonly places = new Map<Expression, number>()
  private readonly text: string
  private readonly tokens: ReadonlyArray<Token>
  private next = 0

  constructor(text: string, tokens: ReadonlyArray<Token>) {
    this.text = text
    this.tokens = tokens
  }

  list(): Parsed {
    const parts = this.chain(() => this.or(), (_) => _.kind === "mark" && _.text === ",", "Or")
    const { at, kind, text } = this.peek()
    if (Result.isFailure(parts) || kind === "end") return parts
    const around = parts.success._tag === "All" && text === "+" ? "* is everything: nothing lies around it." : ""
    return Result.fail(syntax(this.text, { at, expected: "and, or, a comma or the end", found: this.found(), hint: around + this.mixed() }))
  }

  private or(): Parsed {
    return this.chain(() => this.and(), isWord("or"), "Or")
  }

  private and(): Parsed {
    return this.chain(() => this.not(), isWord("and"), "And")
  }

  private not(): Parsed {
    if (isWord("not")(this.peek())) {
      this.next++
      return Result.map(this.not(), (of) => ({ _tag: "Not", of }))
    }
    const { kind, text } = this.peek()
    if (kind === "word" && (text === "*" || text === "all") && this.peek(1).text !== ":") {
      this.next++
      return Result.succeed({ _tag: "All" })
    }
    return this.traversal()
  }

  private traversal(): Parsed {
    const counted = isHops(this.peek()) && this.isMark("+", 1)
    const up = counted ? hops(this.take()) : this.isMark("+") ? Infinity : undefined
    if (up !== undefined) this.next++
    return Result.map(this.atom(), (of) => {
      if (!this.isMark("+")) return up === undefined ? of : { _tag: "Traversal", up, of, down: 0 }
      this.next++
      const down = isHops(this.peek()) ? hops(this.take()) : Infinity
      return { _tag: "Traversal", up: up ?? 0, of, down }
    })
  }

  private atom(): Parsed {
    const token = this.peek()
    if (this.isMark("(")) return this.bracket()
    if (token.kind === "word" && (token.text === "roots" || token.text === "sinks") && this.isMark("(", 1)) {
      this.next++
      return Result.map(this.bracket(), (of) => ({ _tag: token.text === "roots" ? "Roots" : "Sinks", of }))
    }
    if (token.kind === "word" && this.isMark(":", 1)) return this.attribute()
    const isName = token.kind === "text" ||
      (token.kind === "word" && !isOperator(token.text) && token.text !== "all" && token.text !== "*")
    if (!isName) return this.fail(ATOM, this.mixed())
    this.next++
    return this.placed(token,
      token.text === "changed" && token.kind === "word" ? { _tag: "Changed" } : { _tag: "Name", pattern: token.text })
  }

  private bracket(): Parsed {
    this.next++
    const inside = this.or()
    if (Result.isFailure(inside)) return inside
    if (!this.isMark(")")) return this.fail("and, or, or a closing bracket", this.mixed())
    this.next++
    return inside
  }

  private attribute(): Parsed {
    const token = this.take()
    const name = attributes.find((_) => _ === token.text)
    if (name === undefined && token.text !== "tag") {
      const near = nearest(token.text, [...attributes, "tag"])
      const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : ""
      const expected = `one of the attributes ${attributes.join(", ")} and tag`
      return Result.fail(syntax(this.text, { at: token.at, expected, found: `"${token.text}"`, hint }))
    }
    this.next++
    const first = this.value(name ?? "tag")
    if (Result.isFailure(first)) return Result.fail(first.failure)
    if (name !== undefined) return this.placed(token, { _tag: "Attribute", name, value: first.success })
    if (!this.isMark("=")) return this.placed(token, { _tag: "Tag", name: first.success, value: undefined })
    this.next++
    return Result.flatMap(this.value("tag"), (value) => this.placed(token, { _tag: "Tag", name: first.success, value }))
  }

  private value(of: Attribute | "tag"): Result.Result<string | null, SelectionError> {
    const { kind, text } = this.peek()
    const words: ReadonlyArray<string> | undefined = of === "status" || of === "check" ? states[of] : undefined
    const expected = words === undefined ? `a value after ${of}:` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)} after ${of}:`
    if (kind === "null" && words === undefined && of !== "key") {
      this.next++
      return Result.succeed(null)
    }
    if (kind !== "word" && kind !== "text") return this.fail(expected)
    if (words !== undefined && !words.includes(text)) {
      const near = nearest(text, words)
      return this.fail(expected, near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "")
    }
    if (of !== "key" && kind === "word" && text.includes("*")) {
      return this.fail(expected, "* stands for any characters in names only.")
    }
    this.next++
    return Result.succeed(text)
  }

  private chain(part: () => Parsed, joins: (token: Token) => boolean, _tag: "And" | "Or"): Parsed {
    let left = part()
    while (Result.isSuccess(left) && joins(this.peek())) {
      this.next++
      const before = left.success
      left = Result.map(part(), (right) => ({ _tag, left: before, right }))
    }
    return left
  }

  private placed({ at }: Token, expression: Expression): Parsed {
    this.places.set(expression, at)
    return Result.succeed(expression)
  }

  private peek(ahead = 0): Token {
    return this.tokens[this.next + ahead] ?? { kind: "end", text: "", at: this.text.length }
  }

  private take(): Token {
    const token = this.peek()
    this.next++
    return token
  }

  private isMark(mark: string, ahead = 0): boolean {
    const { kind, text } = this.peek(ahead)
    return kind === "mark" && text === mark
  }

  private found(): string {
    const { kind, text } = this.peek()
    return kind === "end" ? "the end" : `"${text}"`
  }

  /** What is said of `And` where an operator could stand. */
  private mixed(): string {
    const { kind, text } = this.peek()
    return kind === "word" && isOperator(text) && !isWord(text.toLowerCase())(this.peek())
      ? `Write it as ${text.toLowerCase()}, or all in capitals.`
      : ""
  }

  private fail(expected: string, hint = ""): Result.Result<never, SelectionError> {
    return Result.fail(syntax(this.text, { at: this.peek().at, expected, found: this.found(), hint }))
  }
}

const isWord = (word: string) => ({ kind, text }: Token): boolean => kind === "word" && (text === word || text === word.toUpperCase())
const isHops = ({ kind, text }: Token): boolean => kind === "word" && /^\d+$/.test(text)

/** No graph is a million deep. */
const hops = ({ text }: Token): Hops => Number(text) < 1e6 ? Number(text) : Infinity

/** A character that cannot be seen is said by its number. */
const shown = (text: string, at: number): string => {
  const [character = ""] = text.slice(at)
  return /^[\p{C}\p{Z}]$/u.test(character)
    ? `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`
    : `"${character}"`
}
