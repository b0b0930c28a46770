/** The name of a table or column as SQL takes it, whatever is in it: for text that is no fragment of a `DuckDb` statement. */
export const quotedName = (name: string): string => `"${name.replaceAll("\"", "\"\"")}"`
