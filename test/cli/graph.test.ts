import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Cli from "../../src/cli/Cli.ts"
import { dot, mermaid } from "../../src/cli/graph/drawing.ts"
import { tree } from "../../src/cli/graph/tree.ts"
import { noInk } from "../../src/cli/page.ts"
import * as Asset from "../../src/engine/Asset.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { inWorld } from "./world.ts"

const legend = "\n\n● fresh  ◐ stale  ◷ late  ○ missing  ✗ failed  ◌ cannot be told yet"

/** `d` reads `b` and `c`, which read `a`; the groups and the kind are as hostile as names may be. */
const diamond = () => {
  const store = Memory.store<{ readonly n: number }>()()
  const options = { about: "It says \"n\" \\ and\nmore", into: store, group: "x\"]; end <b>&#34;" }
  const a = Asset.make("a", options, () => Effect.succeed([]))
  const b = Asset.make("b", { ...options, from: { a } }, () => Effect.succeed([]))
  const c = Asset.make("end", { about: "", into: { ...store, kind: "table" }, from: { a } }, () => Effect.succeed([]))
  const d = Asset.make("d", { about: "", into: store, from: { b, c, again: b } }, () => Effect.succeed([]))
  return [a, b, c, d]
}

describe("the tree", () => {
  it.effect("tells how each asset is kept and how it stands, before, after, and when upstream changed", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* weather("graph")).out,
          `○ rain        memory, per day, of each city · never made, 6 keys\n└─ ○ wettest  memory · never made${legend}`)
        yield* weather("run", "rain")
        assert.strictEqual((yield* weather("graph", "wettest")).out, `○ wettest  memory · never made${legend}`)
        yield* weather("run", "all")
        assert.strictEqual((yield* weather("graph", "daily_job", "rain")).out,
          `● rain        memory, per day, of each city\n└─ ● wettest  memory${legend}`)
      })))

  it.effect("tells what failed, and why, until it is made", () => {
    const fails = ["oslo", "rome"]
    return inWorld(fails, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        const failed = yield* weather("graph")
        assert.include(failed.out,
          "✗ rain        memory, per day, of each city · no rain gauge[2J in rome\n└─ ○ wettest  memory · never made")
        fails.length = 0
        yield* weather("run", "all")
        assert.match((yield* weather("graph")).out, /^● rain.*\n└─ ● wettest/)
      }))
  })

  it("draws what has several sources in full once, and no line wider than the terminal", () => {
    const drawn = tree(diamond(), () => ({ state: "stale", why: "upstream changed, and that for a very long reason" }), noInk, 40)
    assert.deepStrictEqual(drawn.split("\n").slice(0, 5), [
      "◐ a        memory · upstream changed, a…",
      "├─ ◐ b     memory · upstream changed, a…",
      "│  └─ ◐ d  memory · reads b, end · upst…",
      "└─ ◐ end   table · upstream changed, an…",
      "   └─ ◐ d  (above)"
    ])
  })

  it.effect("is drawn also when nobody knows how things stand, and says so", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* weather("graph")
        assert.strictEqual(code, 0)
        assert.match(out, /^◌ rain/)
        assert.match(err, /^How they stand could not be told: .*the disk is gone/)
      }), {}, { kept: Effect.die("the disk is gone") }))
})

describe("for programs", () => {
  it.effect("--json says what its schema says", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("graph", "--json")
        assert.deepStrictEqual(yield* Schema.decodeEffect(Schema.fromJsonString(Cli.GraphJson))(out), {
          assets: [
            { name: "rain", kind: "memory", group: null, per: "day", of: "city", state: "never made", why: "never made, 6 keys" },
            { name: "wettest", kind: "memory", group: null, per: null, of: null, state: "never made", why: "never made" }
          ],
          edges: [{ from: "rain", to: "wettest" }]
        })
      })))

  it("Mermaid is inert, whatever names and groups hold", () =>
    assert.strictEqual(
      mermaid(diamond()),
      [
        "flowchart LR",
        "  subgraph g0[\"x#34;#93;#59; end #60;b#62;#38;#35;34#59;\"]",
        "    a_a[\"a<br/>memory\"]",
        "    a_b[\"b<br/>memory\"]",
        "  end",
        "  a_end[(\"end\")]",
        "  a_d[\"d<br/>memory\"]",
        "  a_a --> a_b",
        "  a_a --> a_end",
        "  a_b --> a_d",
        "  a_end --> a_d"
      ].join("\n")
    ))

  it("DOT is inert, whatever names and groups hold", () =>
    assert.strictEqual(
      dot("the \"pipeline\"", diamond()),
      [
        "digraph \"the \\\"pipeline\\\"\" {",
        "  rankdir=LR;",
        "  subgraph cluster_0 {",
        "    label=\"x\\\"]; end <b>&#34;\";",
        "    \"a\" [shape=note, tooltip=\"It says \\\"n\\\" \\\\ and more\"];",
        "    \"b\" [shape=note, tooltip=\"It says \\\"n\\\" \\\\ and more\"];",
        "  }",
        "  \"end\" [shape=cylinder, tooltip=\"\"];",
        "  \"d\" [shape=note, tooltip=\"\"];",
        "  \"a\" -> \"b\";",
        "  \"a\" -> \"end\";",
        "  \"b\" -> \"d\";",
        "  \"end\" -> \"d\";",
        "}"
      ].join("\n")
    ))

  it.effect("neither opens the data", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.match((yield* weather("graph", "--format", "mermaid")).out, /^flowchart LR\n/)
        assert.match((yield* weather("graph", "--format", "dot")).out, /^digraph "weather" \{\n/)
      }), {}, { kept: Effect.die("it was opened") }))
})
