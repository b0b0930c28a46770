/** What is wrong with a selection: the expression, the place in it, and what would do. */
import { Schema } from "effect"

const Reason = Schema.Union([
  Schema.TaggedStruct("Syntax", { expected: Schema.String, found: Schema.String, hint: Schema.String }),
  /** Nothing bears the value. */
  Schema.TaggedStruct("Unknown", {
    what: Schema.String,
    value: Schema.String,
    nearest: Schema.Array(Schema.String),
    known: Schema.Array(Schema.String)
  }),
  Schema.TaggedStruct("Nothing", {}),
  /** It asks for a state where only definitions are at hand. */
  Schema.TaggedStruct("AsksState", {})
])

export class SelectionError extends Schema.TaggedError<SelectionError>()("SelectionError", {
  expression: Schema.String,
  /** Where in the expression, counted from 0. */
  at: Schema.Int,
  reason: Reason
}) {
  /** What is wrong, and the expression with a caret under it. */
  override get message() {
    return [say(this.reason), `  ${this.expression.replace(/\s/g, " ")}`, `  ${" ".repeat(this.at)}^`].join("\n")
  }
}

// helpers

const say = (reason: typeof Reason.Type): string => {
  switch (reason._tag) {
    case "Syntax":
      return `Expected ${reason.expected}, found ${reason.found}.${reason.hint === "" ? "" : ` ${reason.hint}`}`
    case "Unknown": {
      const { known, nearest, value, what } = reason
      const hint = nearest.length > 0
        ? `Did you mean ${nearest.join(" or ")}?`
        : known.length > 0
        ? `There ${known.length === 1 ? "is" : "are"}: ${known.join(", ")}.`
        : "There is none at all."
      return `There is no ${what} "${value}". ${hint}`
    }
    case "Nothing":
      return "This selects no asset."
    case "AsksState":
      return "This asks for a state, which only a run can tell: name assets, groups, tags or jobs here."
  }
}
