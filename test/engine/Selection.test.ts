/** The conformance table of selections, where errors point, and that what is printed reads back. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Job from "../../src/engine/Job.ts"
import * as Selection from "../../src/engine/Selection.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as Table from "../../src/services/Table.ts"

const rows = Memory.store<{ n: number }>()()
const kept = (name: string, options: Partial<Pick<Asset.Any, "group" | "owner" | "tags">>, ...upstream: ReadonlyArray<Asset.Any>) =>
  Asset.make(
    name,
    {
      about: "",
      from: Object.fromEntries(upstream.map((_) => [_.name, _])),
      into: rows,
      ...(options.group === undefined ? {} : { group: options.group }),
      ...(options.owner === undefined ? {} : { owner: options.owner }),
      ...(options.tags === undefined ? {} : { tags: options.tags })
    },
    () => Effect.succeed([])
  )
const asset = (name: string, group: string, ...upstream: ReadonlyArray<Asset.Any>) => kept(name, { group }, ...upstream)

const coinList = asset("coin_list", "extract")
const marketData = asset("market_data", "extract", coinList)
const priceHistory = asset("price_history", "extract", coinList)
const trends = asset("trends", "transform", priceHistory)
const stats = asset("stats", "transform", priceHistory, marketData)
const evolution = asset("chart_evolution", "visualize", trends)
const overview = asset("chart_overview", "visualize", stats)
const report = asset("monthly_report", "reporting", trends, stats)
const assets: ReadonlyArray<Asset.Any> = [coinList, marketData, priceHistory, trends, stats, evolution, overview, report]
const everything = assets.map((_) => _.name)
const jobs = [Job.make("charts_job", { about: "", assets: [evolution, overview] }), Job.make("one_job", { about: "", assets: [trends] })]
const graph: Selection.Graph = { assets, jobs }

const select = (text: string, of: Selection.Graph = graph, states: ReadonlyMap<Asset.Any, Selection.State> = new Map()) =>
  Result.map(Result.flatMap(Selection.parse(text), (_) => Selection.resolve(_, of, states)), (set) =>
    of.assets.filter((_) => set.has(_)).map((_) => _.name))
const selected = (text: string, of?: Selection.Graph, states?: ReadonlyMap<Asset.Any, Selection.State>) =>
  Result.getOrThrow(select(text, of, states))
const wrong = (text: string, of?: Selection.Graph) => {
  const result = select(text, of)
  return Result.isFailure(result) ? result.failure : assert.fail(`${text} selects ${result.success.join()}`)
}

describe("what an expression selects", () => {
  it.each<readonly [string, string]>([
    ["key:trends", "trends"],
    ["+key:trends", "coin_list price_history trends"],
    ["1+key:trends", "price_history trends"],
    ["key:coin_list+1", "coin_list market_data price_history"],
    ["key:price_history+", "price_history trends stats chart_evolution chart_overview monthly_report"],
    ["+key:stats+", "coin_list market_data price_history stats chart_overview monthly_report"],
    ["2+key:monthly_report", "market_data price_history trends stats monthly_report"],
    ["not group:extract", "trends stats chart_evolution chart_overview monthly_report"],
    ["roots(group:transform+)", "trends stats"],
    ["sinks(group:extract)", "market_data price_history"],
    ["group:extract or group:transform and key:t*", "coin_list market_data price_history trends"],
    ["not key:coin_list and group:extract", "market_data price_history"],
    ["not (key:coin_list or group:extract)", "trends stats chart_evolution chart_overview monthly_report"],
    ["key:chart_*", "chart_evolution chart_overview"],
    ["*", everything.join(" ")],
    ["key:nope*", ""],
    // ours
    ["all", everything.join(" ")],
    ["ALL or all", "error"],
    ["trends", "trends"],
    ["trends,stats", "trends stats"],
    ["trends,stats and trends", "trends"],
    ["chart_*", "chart_evolution chart_overview"],
    ["*_history", "price_history"],
    ["key:*", everything.join(" ")],
    ["\"trends\"", "trends"],
    ["key:\"trends\"", "trends"],
    ["charts_job", "chart_evolution chart_overview"],
    ["1+charts_job", "trends stats chart_evolution chart_overview"],
    ["job:one_job", "trends"],
    ["job:<null> and group:visualize or job:one_job", "trends"],
    ["kind:memory", everything.join(" ")],
    ["1+stats+1", "market_data price_history stats chart_overview monthly_report"],
    ["0+stats", "stats"],
    ["stats+0", "stats"],
    ["2+key:trends+1", "coin_list price_history trends chart_evolution monthly_report"],
    ["3+trends", "coin_list price_history trends"],
    ["999999999999999999999999+trends", "coin_list price_history trends"],
    ["+ key : trends", "coin_list price_history trends"],
    ["(trends or stats)+1", "trends stats chart_evolution chart_overview monthly_report"],
    ["(*)+", everything.join(" ")],
    ["NOT group:extract AND NOT group:transform", "chart_evolution chart_overview monthly_report"],
    ["not not trends", "trends"],
    ["trends OR stats and coin_list+", "trends stats"],
    ["roots(*)", "coin_list"],
    ["sinks(*)", "chart_evolution chart_overview monthly_report"],
    ["roots(coin_list or chart_overview)", "coin_list"],
    ["sinks(coin_list or chart_overview)", "chart_overview"],
    ["roots(sinks(group:extract))+1", "market_data price_history trends stats"],
    ["sinks(trends or stats) and not trends", "stats"],
    ["trends\nor\tstats", "trends stats"],
    ["tmp_* or trends", "trends"]
  ])("%s", (text, expected) => {
    if (expected === "error") return void wrong(text)
    assert.deepStrictEqual(selected(text), expected === "" ? [] : expected.split(" "))
  })

  it("not binds closer than and, and closer than or, a traversal closest of all", () => {
    assert.deepStrictEqual(selected("not trends or trends"), everything)
    assert.deepStrictEqual(selected("not (trends or not trends) or stats"), ["stats"])
    assert.deepStrictEqual(selected("stats or trends and stats"), ["stats"])
    assert.deepStrictEqual(selected("(stats or trends) and trends"), ["trends"])
    assert.deepStrictEqual(selected("not +trends and group:extract"), ["market_data"])
    assert.deepStrictEqual(selected("not (not +trends and group:extract) and group:extract"), ["coin_list", "price_history"])
  })

  const coins: Selection.Graph = {
    assets: [
      kept("bitcoin", { owner: "ann@example.org", tags: { tier: "1", daily: "" }, group: "usd-coin" }),
      kept("solana", { tags: { tier: "2" }, group: "1inch" }),
      kept("old_coin", { owner: "team:data", group: "avalanche-2" }),
      Asset.make("prices", { about: "", into: Table.make(Schema.Struct({ coin_id: Schema.String, price: Schema.Finite })) },
        () => Effect.succeed([]))
    ],
    jobs: []
  }

  it.each<readonly [string, string]>([
    ["group:usd-coin", "bitcoin"],
    ["group:1inch", "solana"],
    ["1+group:avalanche-2+1", "old_coin"],
    ["owner:\"ann@example.org\"", "bitcoin"],
    ["owner:\"team:data\"", "old_coin"],
    ["owner:<null>", "solana prices"],
    ["group:<null>", "prices"],
    ["tag:<null>", "old_coin prices"],
    ["tag:tier", "bitcoin solana"],
    ["tag:tier=2", "solana"],
    ["tag:daily=<null>", "bitcoin"],
    ["tag:\"tier\"=\"1\"", "bitcoin"],
    ["column:price", "prices"],
    ["kind:table", "prices"],
    ["not kind:table and not tag:tier", "old_coin"]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(selected(text, coins), expected.split(" "))
  })

  it("a wildcard stands for any run of characters, and the whole name has to match", () => {
    const of = { assets: ["ab", "abab", "aXbYc", "abc"].map((_) => asset(_, "x")), jobs: [] }
    const names = (text: string) => selected(text, of)
    assert.deepStrictEqual(names("ab*"), ["ab", "abab", "abc"])
    assert.deepStrictEqual(names("a*b"), ["ab", "abab"])
    assert.deepStrictEqual(names("a*b*c"), ["aXbYc", "abc"])
    assert.deepStrictEqual(names("*ab*ab*"), ["abab"])
    assert.deepStrictEqual(names("ab*ab"), ["abab"])
    assert.deepStrictEqual(names("ab*b"), ["abab"])
    assert.deepStrictEqual(names("ab*ab*ab"), [])
    assert.deepStrictEqual(names("a*bab*b"), [])
    assert.deepStrictEqual(names("*b*"), ["ab", "abab", "aXbYc", "abc"])
    assert.deepStrictEqual(names("b*"), [])
    assert.deepStrictEqual(names("**"), ["ab", "abab", "aXbYc", "abc"])
  })

  it("states are those that are known", () => {
    const state = (is: ReadonlyArray<"failed" | "stale" | "missing" | "fresh" | "late">, changed = false): Selection.State => ({
      is: new Set(is),
      checks: new Set(is.includes("failed") ? ["failed"] : []),
      changed
    })
    const states = new Map([[trends, state(["failed", "stale"])], [stats, state(["stale"], true)], [report, state(["fresh"])]])
    const names = (text: string) => selected(text, graph, states)
    assert.deepStrictEqual(names("status:failed"), ["trends"])
    assert.deepStrictEqual(names("status:stale"), ["trends", "stats"])
    assert.deepStrictEqual(names("status:failed+"), ["trends", "chart_evolution", "monthly_report"])
    assert.deepStrictEqual(names("status:late"), [])
    assert.deepStrictEqual(names("check:failed"), ["trends"])
    assert.deepStrictEqual(names("check:warned"), [])
    assert.deepStrictEqual(names("changed"), ["stats"])
    assert.deepStrictEqual(names("changed+1 and status:fresh"), ["monthly_report"])
    const asks = (text: string) => Selection.asksState(Result.getOrThrow(Selection.parse(text)).expression)
    assert.isTrue(asks("not (a or roots(b and changed)+)"))
    assert.isTrue(asks("check:failed"))
    assert.isFalse(asks("group:a or key:changed"))
  })
})

describe("what is no expression says where, what would do, and what is near", () => {
  it.each<readonly [string, number, string]>([
    ["*+", 1, "Expected and, or, a comma or the end, found \"+\". * is everything: nothing lies around it."],
    ["+*", 1, "Expected an asset, a job, an attribute like group:extract, or a bracket, found \"*\"."],
    ["++key:trends", 1, "Expected an asset, a job, an attribute like group:extract, or a bracket, found \"+\"."],
    ["key:", 4, "Expected a value after key:, found the end."],
    ["trends AND", 10, "Expected an asset, a job, an attribute like group:extract, or a bracket, found the end."],
    ["trends And stats", 7, "Expected and, or, a comma or the end, found \"And\". Write it as and, or all in capitals."],
    [
      "Not trends",
      0,
      "Expected an asset, a job, an attribute like group:extract, or a bracket, found \"Not\". Write it as not, or all in capitals."
    ],
    ["(trends oR stats)", 8, "Expected and, or, or a closing bracket, found \"oR\". Write it as or, or all in capitals."],
    ["", 0, "Expected an asset, a job, an attribute like group:extract, or a bracket, found the end."],
    ["trends stats", 7, "Expected and, or, a comma or the end, found \"stats\"."],
    ["(trends", 7, "Expected and, or, or a closing bracket, found the end."],
    ["(trends,stats)", 7, "Expected and, or, or a closing bracket, found \",\"."],
    ["trends)", 6, "Expected and, or, a comma or the end, found \")\"."],
    ["trends,", 7, "Expected an asset, a job, an attribute like group:extract, or a bracket, found the end."],
    [
      "grup:extract",
      0,
      "Expected one of the attributes key, group, kind, owner, column, job, status, check and tag, found \"grup\". Did you mean group?"
    ],
    ["elsewhere:x", 0, "Expected one of the attributes key, group, kind, owner, column, job, status, check and tag, found \"elsewhere\"."],
    [
      "status:fale",
      7,
      "Expected failed, stale, missing, fresh or late after status:, found \"fale\". Did you mean failed or stale or late?"
    ],
    ["status:<null>", 7, "Expected failed, stale, missing, fresh or late after status:, found \"<null>\"."],
    ["check:fail", 6, "Expected failed or warned after check:, found \"fail\". Did you mean failed?"],
    ["all:x", 0, "Expected one of the attributes key, group, kind, owner, column, job, status, check and tag, found \"all\"."],
    ["check:ok", 6, "Expected failed or warned after check:, found \"ok\"."],
    ["key:<null>", 4, "Expected a value after key:, found \"<null>\"."],
    ["group:ext*", 6, "Expected a value after group:, found \"ext*\". * stands for any characters in names only."],
    ["tag:k=", 6, "Expected a value after tag:, found the end."],
    ["trends+1+", 8, "Expected and, or, a comma or the end, found \"+\"."],
    ["roots()", 6, "Expected an asset, a job, an attribute like group:extract, or a bracket, found \")\"."],
    ["not", 3, "Expected an asset, a job, an attribute like group:extract, or a bracket, found the end."],
    ["all+", 3, "Expected and, or, a comma or the end, found \"+\". * is everything: nothing lies around it."],
    ["trends or \"sta", 10, "Expected a second quotation mark, and no backslash or line break before it, found none."],
    [
      "\u001b[2J",
      0,
      "Expected a name, an attribute or a bracket, found U+001B. Put what holds other characters than letters, digits and _ . / - * in quotation marks."
    ],
    [
      "trends & stats",
      7,
      "Expected a name, an attribute or a bracket, found \"&\". Put what holds other characters than letters, digits and _ . / - * in quotation marks."
    ],
    ["trends or trend", 10, "There is no asset or job called \"trend\". Did you mean trends?"],
    ["key:price_histroy+", 0, "There is no asset called \"price_histroy\". Did you mean price_history?"],
    ["not group:a-b", 4, "There is no group \"a-b\". There are: extract, transform, visualize, reporting."],
    ["trends and kind:table", 11, "There is no kind \"table\". There is: memory."],
    ["job:chart_job", 0, "There is no job \"chart_job\". Did you mean charts_job?"],
    ["owner:ann", 0, "There is no owner \"ann\". There is none at all."],
    ["tag:tier", 0, "There is no tag \"tier\". There is none at all."],
    ["column:price", 0, "There is no column \"price\". There is none at all."],
    ["trends and stats", 0, "This selects no asset."]
  ])("%s", (text, at, says) => {
    const error = wrong(text)
    assert.deepStrictEqual([error.expression, error.at], [text, at])
    assert.strictEqual(error.message, `${says}\n  ${text}\n  ${" ".repeat(at)}^`)
  })

  it("the value of a tag that nothing bears", () => {
    const error = wrong("tag:tier=3", { assets: [kept("a", { tags: { tier: "1" } }), kept("b", { tags: { tier: "2" } })], jobs: [] })
    assert.strictEqual(error.message.split("\n")[0], "There is no tag tier of value \"3\". Did you mean 1 or 2?")
  })

  it("selecting nothing is an answer only where a wildcard or a state is asked for", () => {
    assert.deepStrictEqual(selected("tmp_*"), [])
    assert.deepStrictEqual(selected("trends and key:stat*"), [])
    assert.deepStrictEqual(selected("not * or status:failed"), [])
    assert.deepStrictEqual(wrong("not *").reason, { _tag: "Nothing" })
    assert.deepStrictEqual(wrong("job:<null> and charts_job").reason, { _tag: "Nothing" })
    assert.deepStrictEqual(wrong("key:trends and stats").reason, { _tag: "Nothing" })
    const starred = { assets: [kept("a", { group: "x*" }), kept("b", {})], jobs: [] }
    assert.deepStrictEqual(wrong("group:\"x*\" and b", starred).reason, { _tag: "Nothing" })
  })

  it("a line break in the expression does not move the caret", () => {
    assert.strictEqual(wrong("trends\nor nope").message.split("\n").slice(1).join("\n"), "  trends or nope\n            ^")
  })
})

describe("the nearest words", () => {
  it("are three, nearest first, and no further than a third of the name or two letters", () => {
    const near = (word: string) => Selection.nearest(word, ["btc_dd", "btc_c", "btc_b", "btc_a", "bitcoin_cash"])
    assert.deepStrictEqual(near("btc_"), ["btc_c", "btc_b", "btc_a"])
    assert.deepStrictEqual(near("BTC_DDD"), ["btc_dd"])
    assert.deepStrictEqual(near("btc_dddd"), ["btc_dd"])
    assert.deepStrictEqual(near("btc_ddddd"), [])
    assert.deepStrictEqual(near("bitcoin_c"), ["bitcoin_cash"])
    assert.deepStrictEqual(near("bitcoin_"), ["bitcoin_cash"])
    assert.deepStrictEqual(near("bitcoin"), [])
    assert.deepStrictEqual(near("c_dd"), ["btc_dd"])
    assert.deepStrictEqual(near("zzbtc_dd"), ["btc_dd"])
    assert.deepStrictEqual(near("zzzbtc_dd"), [])
    assert.deepStrictEqual(near(""), [])
  })
})

describe("what is printed", () => {
  it.each<readonly [string, string]>([
    ["( trends )", "trends"],
    ["key:trends+", "key:trends+"],
    ["ALL", "ALL"],
    ["all", "*"],
    ["+(trends)+1", "+trends+1"],
    ["a,b and c", "a or b and c"],
    ["(a or b) and not (c and d)", "(a or b) and not (c and d)"],
    ["a or (b or c)", "a or (b or c)"],
    ["(a or b) or c", "a or b or c"],
    ["a and (b and c)", "a and (b and c)"],
    ["not(not a)", "not not a"],
    ["+(not a)", "+(not a)"],
    ["(+a)+", "(+a)+"],
    ["tag:k = \"a b\"", "tag:k=\"a b\""],
    ["owner:<null>", "owner:<null>"],
    ["\"7\"+", "\"7\"+"],
    ["0+a+1", "a+1"],
    ["999999+a", "999999+a"],
    ["1000000+a", "+a"],
    ["\"and\"", "\"and\""]
  ])("%s", (text, printed) => {
    assert.strictEqual(Selection.print(Result.getOrThrow(Selection.parse(text)).expression), printed)
  })

  const Value = Schema.NullOr(Schema.Union([
    Schema.Literals(["usd-coin", "1inch", "a.b/c", "and", "all", "*", "changed", "<null>", "", "7", "roots"]),
    Schema.String.pipe(Schema.check(Schema.isPattern(/^[^"\\\r\n]*$/)))
  ]))
  const Text = Schema.Union([
    Schema.Literals(["trends", "all", "and", "Or", "NOT", "changed", "*", "a*b", "42", "roots", "sinks", "key", "tag", "x y", "<null>"]),
    Schema.String.pipe(Schema.check(Schema.isPattern(/^[^"\\\r\n]*$/)))
  ])
  const Steps = Schema.Literals([0, 1, 2, 30, -1])
  const Leaf = Schema.Union([
    Schema.TaggedStruct("All", {}),
    Schema.TaggedStruct("Changed", {}),
    Schema.TaggedStruct("Name", { pattern: Text }),
    Schema.TaggedStruct("Attribute", { name: Schema.Literals(["group", "kind", "owner", "column", "job"]), value: Value }),
    Schema.TaggedStruct("Attribute", { name: Schema.Literal("key"), value: Text }),
    Schema.TaggedStruct("Attribute", { name: Schema.Literal("status"), value: Schema.Literals(Selection.states.status) }),
    Schema.TaggedStruct("Tag", { name: Value, value: Schema.Union([Value, Schema.Undefined]) })
  ])
  /** A tree from what a generator can make: leaves, and for each leaf how it joins what is there. */
  const Branch = Schema.Struct({
    leaf: Leaf,
    join: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 8 }))),
    up: Steps,
    down: Steps
  })
  const grown = (branches: ReadonlyArray<typeof Branch.Type>): Selection.Expression =>
    branches.reduce<Selection.Expression>((tree, { down, join, leaf, up }) => {
      switch (join) {
        case 0:
          return { _tag: "And", left: tree, right: leaf }
        case 1:
          return { _tag: "And", left: leaf, right: tree }
        case 2:
          return { _tag: "Or", left: tree, right: leaf }
        case 3:
          return { _tag: "Or", left: leaf, right: tree }
        case 4:
          return { _tag: "Not", of: tree }
        case 5:
          return { _tag: "Roots", of: tree }
        case 6:
          return { _tag: "Sinks", of: tree }
        default:
          return { _tag: "Traversal", up: up < 0 ? Infinity : up, of: tree, down: down < 0 ? Infinity : down }
      }
    }, branches[0]?.leaf ?? { _tag: "All" })

  it.prop("reads back as the same expression", { branches: Schema.Array(Branch) }, ({ branches }) => {
    const expression = grown(branches)
    const text = Selection.print(expression)
    assert.deepStrictEqual(Result.getOrThrow(Selection.parse(text)).expression, expression, text)
  }, { arbitrary: { runs: 1000 } })

  it.prop("and whatever is typed is an expression or an error that points into it", { text: Schema.String }, ({ text }) => {
    const parsed = Selection.parse(text)
    if (Result.isSuccess(parsed)) {
      const again = Selection.parse(Selection.print(parsed.success.expression))
      assert.deepStrictEqual(Result.getOrThrow(again).expression, parsed.success.expression)
    } else assert.isTrue(parsed.failure.at >= 0 && parsed.failure.at <= text.length)
  })
})
