/**
 * Makes a folder, and those above it that are not there: one after the other. Node's own way to do that tries for ever where
 * a folder says that it is not there although it is, as /proc does.
 */
import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

export const makeFolder = (path: string, mode?: number): void => {
  if (isFolder(path)) return
  // of a drive that is not there, the folder above is itself
  if (dirname(path) !== path) makeFolder(dirname(path), mode)
  try {
    mkdirSync(path, { mode })
  } catch (cause) {
    // another process may have made it meanwhile
    if (!isFolder(path)) throw cause
  }
}

// helpers

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
