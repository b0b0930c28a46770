/** The README cannot lie: its tables and its example are held against the code. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as Automation from "../src/engine/automation/Automation.ts"
import { options } from "../src/cli/crypto.ts"
import { usual } from "../src/cli/usual.ts"
import { pipeline } from "../src/program.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const between = (from: string, to: string) => readme.slice(readme.indexOf(from), readme.indexOf(to))
const rows = (text: string) => [...text.matchAll(/^\| `([^|]+)` \| (.+) \|$/gm)].map(([, name, says]) => [name, says])

describe("the README", () => {
  it.effect("lists each asset with what it says, and each job with its assets", () =>
    Effect.gen(function*() {
      const { assets, jobs } = yield* pipeline
      const told = rows(between("<!-- assets", "<!-- /assets -->"))
      const expected = [
        ...assets.map((_) => [_.name, _.about]),
        ...jobs.map((_) => [_.name, _.assets.map((asset) => `\`${asset.name}\``).join(", ")])
      ]
      assert.sameDeepMembers(told, expected)
    }))

  it("lists each command with what it does", () => {
    const told = rows(between("<!-- commands", "<!-- /commands -->"))
    assert.sameDeepMembers(told, [...usual, ...options.commands].map((_) => [`${options.name} ${_.name}`, _.about]))
  })

  it.effect("lists each schedule and sensor with when it looks and what for", () =>
    Effect.gen(function*() {
      const { schedules } = yield* pipeline
      const sensors = Automation.sensorsOf(yield* pipeline).filter((_) => _.kind === "sensor")
      const told = rows(between("<!-- automation", "<!-- /automation -->")).map(([name, says]) => [name, says?.replaceAll("`", "")])
      const schedulesSaid = yield* Effect.forEach(schedules,
        (_) => Effect.map(Automation.cadenceText(_), (when) => [_.name, `${when} | ${_.about}`]))
      const expected = [
        ...schedulesSaid,
        ...sensors.map((_) => [_.name, `${_.looks}${_.on ? "" : ", off until it is started"} | ${_.about}`])
      ]
      assert.deepStrictEqual(told, expected)
    }))

  it("shows the example that CI runs in an empty project", () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(between("<!-- example", "<!-- /example -->"))?.[1]
    assert.strictEqual(shown, readFileSync(new URL("package/user/weekRange.test.ts", import.meta.url), "utf8"))
  })

  it("names every setting", () => {
    const source = readFileSync(new URL("../src/layers/Settings.ts", import.meta.url), "utf8")
    const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): "/gm)].map(([, name]) => name ?? "")
    assert.isAbove(names.length, 10)
    for (const name of names) assert.include(readme, `\`${name}\``)
  })
})
