/** The text in lines of at most so many letters, broken at its blanks; a longer word is a line of its own. */
export const brokenLines = (text: string, most: number): Array<string> => {
  const lines = [""]
  for (const word of text.split(" ")) {
    const line = [lines.at(-1) ?? "", word].filter((_) => _ !== "").join(" ")
    if (line.length > most && lines.at(-1) !== "") lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines
}
