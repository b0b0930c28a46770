/**
 * Every answer that is used is kept as it came, compressed and named by its hash, before anything is made of it: what is
 * published can be made again from here. A file is whole or absent, and its name holds nothing an API could choose freely.
 */
import { createHash, randomUUID } from "node:crypto"
import { mkdir, open, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { NotKept } from "../../services/CoinGeckoError.ts"
import { Settings } from "../../services/Settings.ts"

export interface Raw {
  /** A folder: the endpoint's name. */
  readonly endpoint: string
  /** What was asked for, for people: made safe here. */
  readonly about: string
  readonly text: string
}

export class RawStore extends Context.Service<RawStore, {
  readonly keep: (raw: Raw) => Effect.Effect<void, NotKept>
}>()("crypto/layers/coingecko/RawStore") {}

/** Below the data folder: `raw/<endpoint>/<day>/<time>-<about>-<hash>.json.gz`, where `about` is `slug`'s. */
export const layer = Layer.effect(
  RawStore,
  Effect.gen(function*() {
    const { dataDir } = yield* Settings
    return RawStore.of({
      keep: Effect.fnUntraced(function*({ about, endpoint, text }) {
        const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
        const folder = join(dataDir, "raw", endpoint, at.slice(0, 10))
        const hash = createHash("sha256").update(text).digest("hex").slice(0, 12)
        const file = join(folder, `${at.slice(11, 19).replaceAll(":", "")}-${slug(about)}-${hash}.json.gz`)
        yield* Effect.tryPromise({
          try: () => write(folder, file, text),
          catch: (cause) => new NotKept({ file, detail: cause instanceof Error ? cause.message : String(cause) })
        }).pipe(Effect.uninterruptible)
      })
    })
  })
)

/** Keeps nothing: for tests, and for answers that come from this process. */
export const layerNone = Layer.succeed(RawStore, { keep: () => Effect.void })

/** What was asked, as part of a file's name: the same for the same question, and never for another, however long. */
export const slug = (about: string) => {
  const text = about.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "all"
  return text.length <= 60 && text === about ? text : `${text.slice(0, 51)}-${createHash("sha256").update(about).digest("hex").slice(0, 8)}`
}

// helpers

/** Where nothing is fetched, nothing is compressed. */
const compress = async (text: string) => promisify((await import("node:zlib")).gzip)(text)

const write = async (folder: string, file: string, text: string) => {
  await mkdir(folder, { recursive: true })
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, "w")
    try {
      await handle.writeFile(await compress(text))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
}
