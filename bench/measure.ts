/** Medians of interleaved rounds, and tables of them. */

export const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** The median of each, round by round: what disturbs the machine disturbs them all. The first round warms up. */
export const compare = async (rounds: number, ...runs: ReadonlyArray<() => Promise<number>>): Promise<ReadonlyArray<number>> => {
  const times = runs.map((): Array<number> => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const took = await run()
      if (round > 0) times[i]?.push(took)
    }
  }
  return times.map(median)
}

export const table = (title: string, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
  console.log([`\n${title}\n`, line(head), `|${widths.map((_) => "-".repeat(_ + 2)).join("|")}|`, ...rows.map(line)].join("\n"))
}
