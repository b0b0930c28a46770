/** An asset, told to people. */
import { shape } from "../list.ts"
import type { Page } from "../page.ts"
import { count, counted, duration, oneLine, table, textOf, widthOf } from "../plain.ts"
import { inWords } from "../standing.ts"
import type { Shown } from "./told.ts"

export const toText = (said: Shown, dataDir: string, { columns, ink }: Page): string => {
  const head = (cell: string, row: number | undefined) => row === undefined ? ink.dim(cell) : cell
  const section = (title: string, lines: ReadonlyArray<string>) => lines.length === 0 ? [] : ["", ink.bold(title), ...lines]
  const fact = (name: string, value: string | null) =>
    value === null || value === "" ? [] : [`${ink.dim(name.padEnd(9))} ${oneLine(value)}`]
  const { checks, coverage, files, makings, profile } = said
  return [
    `${ink.bold(said.name)}  ${ink.dim(shape(said))}`,
    oneLine(said.about),
    "",
    `${ink.dim("status   ")} ${inWords(ink, said)}`,
    ...fact("made", said.madeAt === null ? null : `${said.madeAt.slice(0, 19).replace("T", " ")} UTC`),
    ...fact("source", said.source),
    ...fact("group", said.group),
    ...fact("owner", said.owner),
    ...fact("tags", Object.entries(said.tags).map(([name, value]) => value === "" ? name : `${name}=${value}`).join(", ")),
    ...fact("reads", said.from.join(", ")),
    ...fact("read by", said.to.join(", ")),
    ...fact("code", said.codeVersion === "1" ? null : `version ${said.codeVersion}`),
    ...fact("fresh for", said.freshFor === null ? null : duration(said.freshFor)),
    ...fact("late",
      said.lateAfter === null ? null : `${duration(said.lateAfter)} after ${said.per === null ? "it was made" : "a key is due"}`),
    ...section("Keys", said.per === null ? [] : coverage.map((_) => `  ${keysOf(_)}`)),
    ...section("Checks", checks.length === 0 ? [] : [
      table(["check", "kind", "result", ""], checks.map((_) => [_.check, _.severity, _.result, _.note.slice(_.check.length + 2)]), {
        columns,
        ink: (cell, row, column) => column === 2 && row !== undefined ? paint(checks[row]?.result, ink)(cell) : head(cell, row)
      })
    ]),
    ...section("Last made", makings.length === 0 ? [] : [
      table(
        ["at (UTC)", "what", "came out", "rows", "changed", "why"],
        makings.map((_) => [
          _.at.slice(0, 19).replace("T", " "),
          [_.subject ?? "", _.window].join(" ").trim(),
          _.note === "" ? _.state : `${_.state}: ${_.note}`,
          count(_.rows),
          count(_.changed),
          _.why
        ]),
        { columns, whole: [0], ink: head }
      )
    ]),
    ...section("Files", files.slice(0, 8).map((_) => `  ${dataDir}/${_}`)),
    ...(files.length > 8 ? [`  and ${count(files.length - 8)} older`] : []),
    ...(profile === null ? [] : [
      ...section(`Columns (${counted(profile.rows, "row")})`, columnsOf(profile, columns, ink)),
      ...section("Last rows", profile.lastRows.length === 0 ? [] : rowsOf(profile, columns, ink))
    ])
  ].join("\n")
}

// helpers

type Profile = NonNullable<Shown["profile"]>

/** What a column says is its formula: it is not cut, and has lines of its own where the table leaves no room. */
const columnsOf = ({ columns }: Profile, width: number, ink: Page["ink"]): ReadonlyArray<string> => {
  const isWide = width >= 160
  const head = ["column", "type", "nulls", "distinct", "min", "max", ...(isWide ? ["what it says"] : [])]
  const rows = columns.map(({ description, distinct, max, min, name, nulls, type }) => [
    name,
    type,
    count(nulls),
    count(distinct),
    short(min),
    short(max),
    ...(isWide ? [description ?? ""] : [])
  ])
  const told = columns.filter((_) => _.description !== null)
  const names = told.reduce((most, _) => Math.max(most, _.name.length), 0)
  return [
    table(head, rows, { columns: width, whole: [0], ink: (cell, row) => row === undefined ? ink.dim(cell) : cell }),
    ...(isWide || told.length === 0 ? [] : ["", ...told.map((_) => `${_.name.padEnd(names)}  ${ink.dim(oneLine(_.description ?? ""))}`)])
  ]
}

/** As many columns as there is room for, whole. */
const rowsOf = ({ columns, lastRows }: Profile, width: number, ink: Page["ink"]): ReadonlyArray<string> => {
  const cells = columns.map(({ name }) => [name, ...lastRows.map((row) => short(textOf(row[name])))])
  const widths = cells.map((column) => column.reduce((most, _) => Math.max(most, widthOf(oneLine(_))), 0) + 2)
  let room = width + 2
  const fitting = widths.findIndex((_) => (room -= _) < 0)
  const shown = fitting < 0 ? cells : cells.slice(0, Math.max(1, fitting))
  const rows = lastRows.map((_, i) => shown.map((column) => column[i + 1] ?? ""))
  const more = cells.length - shown.length
  return [
    table(shown.map(([name = ""]) => name), rows, { columns: width, ink: (cell, row) => row === undefined ? ink.dim(cell) : cell }),
    ...(more > 0 ? [ink.dim(`and ${counted(more, "column")} more`)] : [])
  ]
}

const keysOf = ({ intervals, keys, subjects }: Shown["coverage"][number]): string => {
  const who = subjects.length === 0
    ? ""
    : subjects.length > 4
    ? `${count(subjects.length)} subjects: `
    : `${subjects.map(oneLine).join(", ")}: `
  const few = intervals.length > 6 ? [...intervals.slice(0, 5), undefined, ...intervals.slice(-1)] : intervals
  const spans = few.map((_) => _ === undefined ? "…" : _.first === _.last ? _.first : `${_.first}..${_.last}`)
  return `${who}${spans.join(", ")} (${counted(keys, "key")}${subjects.length > 1 ? " each" : ""})`
}

const paint = (result: Shown["checks"][number]["result"] | undefined, ink: Page["ink"]) =>
  result === "passed" ? ink.good : result === "failed" ? ink.bad : ink.warn

/** A number as a person reads it, and no text that fills the page. */
const short = (text: string | null): string => {
  if (text === null) return ""
  const number = /^-?\d+\.\d{7,}$/.test(text) ? String(Number(Number(text).toPrecision(8))) : text
  return number.length > 40 ? `${number.slice(0, 39)}…` : number
}
