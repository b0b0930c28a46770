/**
 * A selection says which assets are meant: `+price_chart`, `group:extract and not key:coin_*`, `status:failed+`.
 *
 *     list      : or ("," or)*                                     a comma is an `or` that binds least
 *     or        : and ("or" and)*
 *     and       : not ("and" not)*
 *     not       : "not" not | "*" | "all" | traversal
 *     traversal : (HOPS? "+")? atom ("+" HOPS?)?                   +x all upstream of x, x+1 one step downstream; x too
 *     atom      : "(" or ")" | ("roots" | "sinks") "(" or ")" | "changed" | NAME | attribute
 *     attribute : ("key" | "group" | "kind" | "owner" | "column" | "job" | "status" | "check") ":" value
 *               | "tag" ":" value ("=" value)?
 *     value     : letters, digits and _ . / - | quoted text | "<null>", which is "has none"
 *
 * A NAME is an asset's or a job's; in it, and in `key:`, `*` stands for any run of characters. `tag:k` is "has a tag k".
 * `x+` and `+x` count from x outwards, so `+x+` has no upstream of what is downstream; roots and sinks are those within
 * what their bracket selects. Words are written small or large: `and`, `AND`.
 *
 * A value that nothing bears is a mistake, and said with what is near; so is an expression that selects nothing, unless
 * it holds a wildcard or asks for a state: that nothing is failed, or called `tmp_*`, is an answer.
 */
export {
  asksState,
  type Attribute,
  attributes,
  type Expression,
  type Hops,
  mayBeEmpty,
  print,
  reserved,
  states
} from "./selection/Expression.ts"
export { nearest } from "./selection/nearest.ts"
export { parse, type Selection } from "./selection/parse.ts"
export { type Graph, resolve, type State } from "./selection/resolve.ts"
export { SelectionError } from "./selection/SelectionError.ts"
