/**
 * One plain line for all suites of a CI run: `N passed, N failed`, with what was skipped where something was.
 *
 * It fails when no suite has reported: a run that tested nothing has not passed.
 */
import { readdirSync, readFileSync } from "node:fs"

const folder = process.argv[2] ?? "coverage"
const total = { passed: 0, failed: 0, skipped: 0 }
const reports = readdirSync(folder).filter((name) => name.endsWith(".json"))

for (const name of reports) {
  const report: unknown = JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))
  total.passed += count(report, "numPassedTests")
  total.skipped += count(report, "numPendingTests") + count(report, "numTodoTests")
  // A file that fails before its first test counts as one failure.
  total.failed += Math.max(count(report, "numFailedTests"), count(report, "success") === 0 ? 1 : 0)
}

console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`)
if (reports.length === 0 || total.passed === 0) process.exitCode = 1

// helpers

function count(report: unknown, field: string): number {
  const value: unknown = typeof report === "object" && report !== null ? Reflect.get(report, field) : undefined
  return typeof value === "number" ? value : value === true ? 1 : 0
}
