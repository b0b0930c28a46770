/**
 * Lines drawn with letters: each cell of a terminal is two dots wide and four high. A gap stays a gap; a line's end
 * bears its letter, so that lines are told apart without colours too.
 */

export interface Drawing {
  /** Each a line: its points in order of `at`, with holes where `stretch` changes. */
  readonly lines: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<{ readonly at: number; readonly value: number; readonly stretch: number }>
  }>
  readonly columns: number
  readonly rows: number
  readonly log: boolean
  /** Values that stand beside the axis, as far as there is a line for each. */
  readonly ticks: (low: number, high: number) => ReadonlyArray<number>
  /** How a value and an instant are written beside the axes. */
  readonly value: (of: number) => string
  readonly time: (of: number) => string
  /** The text of line number `line`. */
  readonly ink: (text: string, line: number) => string
}

export const letter = (line: number): string => String.fromCharCode(97 + line % 26)

/** The lines of text, without the legend. */
export const braille = ({ columns, ink, lines, log, rows, ticks, time, value }: Drawing): ReadonlyArray<string> => {
  const all = lines.flatMap((_) => _.points)
  if (all.length === 0) return []
  const scaled = (of: number) => (log ? Math.log10(of) : of)
  const low = Math.min(...all.map((_) => scaled(_.value)))
  const high = Math.max(...all.map((_) => scaled(_.value)))
  const [first, last] = [Math.min(...all.map((_) => _.at)), Math.max(...all.map((_) => _.at))]
  const yOf = (of: number) => Math.round((1 - (scaled(of) - low) / (high - low || 1)) * (rows * 4 - 1))
  const values = all.map((_) => _.value)
  const levels = new Map(ticks(Math.min(...values), Math.max(...values)).map((_) => [yOf(_) >> 2, value(_)]))
  const margin = Math.max(0, ...[...levels.values()].map((_) => _.length))
  const width = Math.max(8, columns - margin - 3)
  const place = (point: { readonly at: number; readonly value: number }) => ({
    x: Math.round(((point.at - first) / Math.max(1, last - first)) * (width * 2 - 1)),
    y: yOf(point.value)
  })
  const cells = Array.from({ length: rows }, () => Array.from({ length: width }, () => ({ dots: 0, line: -1 })))
  const dot = (x: number, y: number, line: number) => {
    const cell = cells[y >> 2]?.[x >> 1]
    if (cell === undefined) return
    cell.dots |= bits[(y & 3) * 2 + (x & 1)] ?? 0
    cell.line = line
  }
  lines.forEach(({ points }, line) => {
    points.forEach((point, at) => {
      const to = place(point)
      const before = points[at - 1]
      const from = before === undefined || before.stretch !== point.stretch ? to : place(before)
      const steps = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y))
      for (let step = 0; step <= steps; step++) {
        dot(Math.round(from.x + ((to.x - from.x) * step) / steps), Math.round(from.y + ((to.y - from.y) * step) / steps), line)
      }
    })
  })
  const ends = lines.flatMap(({ points }, line) => {
    const end = points.at(-1)
    return end === undefined ? [] : [{ row: place(end).y >> 2, line }]
  })
  const body = cells.map((row, at) => {
    const drawn = row.map(({ dots, line }) => (dots === 0 ? " " : ink(String.fromCharCode(0x2800 + dots), line))).join("")
    const here = ends.filter((_) => _.row === at).map((_) => ink(letter(_.line), _.line)).slice(0, 1).join("")
    return `${(levels.get(at) ?? "").padStart(margin)} ┤${drawn}${lines.length > 1 ? here : ""}`.trimEnd()
  })
  const middle = time(Math.round((first + last) / 2))
  const [left, right] = [time(first), time(last)]
  const free = width - left.length - middle.length - right.length
  const axis = free < 4
    ? `${left}${" ".repeat(Math.max(1, width - left.length - right.length))}${right}`
    : `${left}${" ".repeat(Math.floor(free / 2))}${middle}${" ".repeat(Math.ceil(free / 2))}${right}`
  return [...body, `${" ".repeat(margin)} └${"─".repeat(width)}`, `${" ".repeat(margin + 2)}${axis}`]
}

// helpers

/** The dots of a cell, row by row, left then right. */
const bits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
