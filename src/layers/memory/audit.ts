/** Checks of rows in memory. */
import { DateTime, Option } from "effect"
import { type Calendar, isInTime } from "../../engine/Calendar.ts"
import { CAP, type Check, type Finding } from "../../engine/Check.ts"
import type * as Store from "../../engine/Store.ts"
import { canonical, inWindow, isIn, ofSubject, ordinalOf, type Shape, valueOf } from "./Row.ts"

/** What the checks found in the rows that are to be published; the first of the offenders are kept under `_offenders`. */
export const audit = (step: Store.Step, rows: ReadonlyArray<object>, kept: ReadonlyArray<object>, shape: Shape, now: number) => {
  const { asset, id, subject } = step
  const all: ReadonlyArray<{ readonly check: string; readonly severity: Finding["severity"]; readonly offending: ReadonlyArray<object> }> =
    [
      { check: "inside the window", severity: "block", offending: rows.filter((_) => !inWindow(_, asset, step.window, shape)) },
      { check: "of the subject", severity: "block", offending: rows.filter((_) => !ofSubject(_, subject, shape)) },
      ...asset.checks.map(({ name, rule, severity }) => ({
        check: name,
        severity,
        offending: offending({ step, rows, kept, shape, now, name }, rule)
      }))
    ]
  const found = all.filter((_) => _.offending.length > 0)
  return {
    findings: found.map(({ check, offending, severity }): Finding => ({ check, severity, offenders: offending.length })),
    offenders: found.flatMap(({ check, offending, severity }) =>
      offending.slice(0, CAP).map((row) => ({ id, asset: asset.name, subject: subject ?? "", check, severity, row: canonical(row) }))
    )
  }
}

export interface Audited {
  readonly step: Store.Step
  readonly rows: ReadonlyArray<object>
  /** What is kept of the asset. */
  readonly kept: ReadonlyArray<object>
  readonly shape: Shape
  readonly now: number
  readonly name: string
}

/** What breaks a rule: rows, or what is said of them together. */
export const offending = (audited: Audited, rule: Check<never>["rule"]): ReadonlyArray<object> => {
  const { kept, name, now, rows, shape, step } = audited
  const { asset, window } = step
  switch (rule._tag) {
    case "NotNull":
      return rows.filter((row) => rule.columns.some((_) => valueOf(row, _) === null || valueOf(row, _) === undefined))
    case "Unique":
      return twice(rows, (row) => canonical(rule.columns.map((_) => valueOf(row, _))))
    case "Within":
      return rows.filter((row) => {
        const value = valueOf(row, rule.column)
        return typeof value === "number" && !(rule.min <= value && value <= rule.max)
      })
    case "Custom": {
      const { holds } = rule
      if (holds === undefined) throw new TypeError(`${asset.name}: the check "${name}" is SQL alone, which rows in memory do not know`)
      // the check's type says which rows it reads, and the asset that its rows are such
      return rows.filter((_) => !holds(_ as never))
    }
    case "RowCount": {
      const before = kept.filter((_) => isIn(_, asset, step, shape)).length
      const isFine = before === 0 || (rows.length >= before * (1 - rule.drop) && rows.length <= before * (1 + rule.rise))
      return isFine ? [] : [{ rows_before: before, rows: rows.length }]
    }
    case "OnceADay":
      return twice(rows.filter((_) => timeOf(_, rule.column) !== undefined), (row) => {
        const time = timeOf(row, rule.column) ?? 0
        return canonical([rule.by === undefined ? "" : valueOf(row, rule.by), Math.floor(time / DAY)])
      })
    case "Recent": {
      if (asset.per !== undefined && isInTime(window.calendar) && window.to < asset.per.newest(now)) return []
      return [...grouped(audited, rule.by)].flatMap(([by, of]) => {
        const newest = of.reduce((newest, _) => Math.max(newest, timeOf(_, rule.column) ?? -Infinity), -Infinity)
        return newest > -Infinity && newest < now - rule.within ? [{ ...by, newest: DateTime.formatIso(DateTime.makeUnsafe(newest)) }] : []
      })
    }
    case "NoGaps": {
      if (asset.per !== undefined && !isInTime(window.calendar)) return []
      return [...grouped(audited, rule.by)].flatMap(([by, of]) => {
        const keys = new Set(of.flatMap((_) => keyAt(_, asset.per?.calendar, rule.column) ?? []))
        const first = asset.per === undefined ? Math.min(...keys) : Math.max(window.from, Math.min(...keys))
        const last = asset.per === undefined ? Math.max(...keys) : Math.min(window.to, Math.max(...keys))
        const missing = Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, i) => first + i).filter((_) => !keys.has(_))
        return missing.map((_) => ({
          ...by,
          [rule.column]: asset.per?.calendar.keyOf(_) ?? DateTime.formatIso(DateTime.makeUnsafe(_ * DAY))
        }))
      })
    }
  }
}

const DAY = 86_400_000

const twice = (rows: ReadonlyArray<object>, key: (row: object) => string): ReadonlyArray<object> =>
  [...Map.groupBy(rows, key).values()].flatMap((_) => _.length > 1 ? _ : [])

/** What a series will be, for each `by`: the rows, and what is kept of the subject beside them. */
const grouped = ({ kept, rows, shape, step }: Audited, by: string | undefined) => {
  const beside = step.asset.per === undefined
    ? []
    : kept.filter((_) => ofSubject(_, step.subject, shape) && !isIn(_, step.asset, step, shape))
  const groups = Map.groupBy([...rows, ...beside], (_) => by === undefined ? "" : canonical(valueOf(_, by)))
  return [...groups.values()].map((of) => [by === undefined ? {} : { [by]: valueOf(of[0] ?? {}, by) }, of] as const)
}

const timeOf = (row: object, column: string): number | undefined => {
  const value = valueOf(row, column)
  return typeof value !== "string" ? undefined : Option.getOrUndefined(Option.map(DateTime.make(value), DateTime.toEpochMillis))
}

const keyAt = (row: object, calendar: Calendar | undefined, column: string): number | undefined => {
  if (calendar !== undefined) return ordinalOf(row, calendar, column)
  const time = timeOf(row, column)
  return time === undefined ? undefined : Math.floor(time / DAY)
}
