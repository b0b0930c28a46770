/** The order in which a table's rows are shown to somebody: by its first column of time, the newest first. */
import type * as Column from "../../services/Column.ts"
import { quotedName } from "../../services/quotedName.ts"

export const newestFirst = (columns: ReadonlyArray<Column.Column>): string => {
  const time = columns.find((_) => _.type === "DATE" || _.type === "TIMESTAMPTZ")
  return time === undefined ? "ALL" : [`${quotedName(time.name)} DESC NULLS LAST`, ...columns.map((_) => quotedName(_.name))].join(", ")
}
