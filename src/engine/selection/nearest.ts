/** Up to three words that can be reached by a third of their letters, or two: what was meant, perhaps. */
export const nearest = (word: string, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known
    .map((_) => [_, distance(word.toLowerCase(), _.toLowerCase())] as const)
    .filter(([name, steps]) => steps <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a[1] - b[1])
    .slice(0, 3)
    .map(([name]) => name)

// helpers

/** Levenshtein: letters to insert, delete or replace. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
