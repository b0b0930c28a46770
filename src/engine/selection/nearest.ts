/** Up to three words that can be reached by a third of their letters, or two: what was meant, perhaps. */
export const nearest = (word: string, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known
    .map((_) => [_, distance(word.toLowerCase(), _.toLowerCase())] as const)
    .filter(([name, steps]) => steps <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a[1] - b[1])
    .slice(0, 3)
    .map(([name]) => name)

// helpers

/** Levenshtein: letters to insert, delete or replace. A row tells it from the first letters of `a` to those of `b`. */
const distance = (a: string, b: string): number => {
  let row = Array.from(b, (_, j) => j + 1)
  for (const [i, letter] of [...a].entries()) {
    let [left, corner] = [Infinity, i]
    row = Array.from(b, (other, j) => {
      const above = row[j] ?? NaN
      left = Math.min(left + 1, above + 1, letter === other ? corner : corner + 1)
      corner = above
      return left
    })
  }
  return row.at(-1) ?? a.length
}
