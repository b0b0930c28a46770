/** Text as a literal of SQL, whatever is in it: for a statement that takes no parameters, or is planned better when it knows them. */
export const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`
