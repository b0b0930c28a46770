/** What a selection says, once it is read. */

/** How far a traversal goes: 0 not at all, Infinity to the end. */
export type Hops = number

export type Expression =
  | { readonly _tag: "All" }
  /** An asset or a job. */
  | { readonly _tag: "Name"; readonly pattern: string }
  | { readonly _tag: "Attribute"; readonly name: Attribute; readonly value: string | null }
  | { readonly _tag: "Tag"; readonly name: string | null; readonly value: string | null | undefined }
  /** What was made by an older definition. */
  | { readonly _tag: "Changed" }
  | { readonly _tag: "Traversal"; readonly up: Hops; readonly of: Expression; readonly down: Hops }
  | { readonly _tag: "Roots"; readonly of: Expression }
  | { readonly _tag: "Sinks"; readonly of: Expression }
  | { readonly _tag: "Not"; readonly of: Expression }
  | { readonly _tag: "And"; readonly left: Expression; readonly right: Expression }
  | { readonly _tag: "Or"; readonly left: Expression; readonly right: Expression }

export const attributes = ["key", "group", "kind", "owner", "column", "job", "status", "check"] as const
export type Attribute = typeof attributes[number]

/** The states that `status:` and `check:` ask for. */
export const states = { status: ["failed", "stale", "missing", "fresh", "late"], check: ["failed", "warned"] } as const

/** Words that mean something in a selection, so nothing may be called so. */
export const reserved: ReadonlyArray<string> = ["all", "and", "or", "not", "changed"]

/** The text of an expression with no bracket that it does not need; it reads back as the same expression. */
export const print = (self: Expression): string => {
  switch (self._tag) {
    case "All":
      return "*"
    case "Changed":
      return "changed"
    case "Name":
      return isBare(self.pattern) ? self.pattern : `"${self.pattern}"`
    case "Attribute":
      return `${self.name}:${quoted(self.value, self.name === "key")}`
    case "Tag":
      return `tag:${quoted(self.name)}${self.value === undefined ? "" : `=${quoted(self.value)}`}`
    case "Traversal": {
      const up = self.up === Infinity ? "+" : self.up > 0 || self.down === 0 ? `${self.up}+` : ""
      const down = self.down === Infinity ? "+" : self.down > 0 ? `+${self.down}` : ""
      return `${up}${bracketed(self.of, isAtom)}${down}`
    }
    case "Roots":
      return `roots(${print(self.of)})`
    case "Sinks":
      return `sinks(${print(self.of)})`
    case "Not":
      return `not ${bracketed(self.of, (_) => _._tag !== "And" && _._tag !== "Or")}`
    case "And":
      return `${bracketed(self.left, (_) => _._tag !== "Or")} and ${bracketed(self.right, (_) => _._tag !== "And" && _._tag !== "Or")}`
    case "Or":
      return `${print(self.left)} or ${bracketed(self.right, (_) => _._tag !== "Or")}`
  }
}

/** Does it take the manifest and the ledger to tell what is selected? */
export const asksState = (self: Expression): boolean =>
  some(self, (_) => _._tag === "Changed" || (_._tag === "Attribute" && (_.name === "status" || _.name === "check")))

/** Emptiness is an answer where a wildcard or a state is asked for. */
export const mayBeEmpty = (self: Expression): boolean =>
  asksState(self) ||
  some(self, (_) =>
    (_._tag === "Name" && _.pattern.includes("*")) || (_._tag === "Attribute" && _.name === "key" && _.value?.includes("*") === true))

// helpers

/** Text that needs no quotation marks where a value is meant. */
const WORD = /^[A-Za-z0-9_./-]+$/
const WILD = /^[A-Za-z0-9_./*-]+$/

/** Where a name is meant, a word for something else needs them too, and so does what could be a number of hops. */
const isBare = (text: string): boolean => WILD.test(text) && text !== "*" && !/^(all|changed|\d+)$/.test(text) && !isOperator(text)

/** `and`, `or`, `not`, however they are written. */
export const isOperator = (word: string): boolean => /^(and|or|not)$/i.test(word)

const quoted = (value: string | null, isKey = false): string =>
  value === null ? "<null>" : (isKey ? WILD : WORD).test(value) ? value : `"${value}"`

const isAtom = ({ _tag }: Expression): boolean =>
  _tag !== "All" && _tag !== "Traversal" && _tag !== "Not" && _tag !== "And" && _tag !== "Or"
const bracketed = (self: Expression, fits: (_: Expression) => boolean): string => fits(self) ? print(self) : `(${print(self)})`

const some = (self: Expression, holds: (_: Expression) => boolean): boolean => holds(self) || parts(self).some((_) => some(_, holds))

const parts = (self: Expression): ReadonlyArray<Expression> => "of" in self ? [self.of] : "left" in self ? [self.left, self.right] : []
