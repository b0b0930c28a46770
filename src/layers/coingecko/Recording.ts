/** Raw answers as `RawStore` keeps them, found again by what was asked. */
import { readdir, readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import * as RawStore from "./RawStore.ts"

/** Each question's answers, the oldest first. */
export const files = async (dir: string): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const all = await readdir(dir, { recursive: true })
  const found = all.filter((_) => name.test(basename(_)))
  const byTime = found.toSorted((a, b) => timeOf(a) < timeOf(b) ? -1 : 1)
  return Map.groupBy(byTime.map((_) => join(dir, _)), (_) => name.exec(basename(_))?.[2] ?? "")
}

/** What `files` calls a question: its path below the API's base, and its parameters in their order. */
export const question = (path: string, params: URLSearchParams): string => RawStore.slug([path, ...params.values()].join("-"))

export const answer = async (file: string): Promise<Response> =>
  new Response((await unpack(await readFile(file))).toString("utf8"), { headers: { "content-type": "application/json" } })

// helpers

const unpack = async (file: Buffer) => promisify((await import("node:zlib")).gunzip)(file)

const name = /^(\d{6})-(.+)-[0-9a-f]{12}\.json\.gz$/

/** The day's folder, then the time of day. */
const timeOf = (file: string) => `${/(\d{4}-\d\d-\d\d)[/\\][^/\\]*$/.exec(file)?.[1] ?? ""} ${basename(file).slice(0, 6)}`
