/** Reports as pages of their own, kept as files below the data folder. */
import { Effect, FileSystem, Layer, Path, Semaphore } from "effect"
import { Report, ReportError } from "../services/Report.ts"
import { Settings } from "../services/Settings.ts"
import { documentPage } from "./chart/document.ts"
import { publish } from "./chart/files.ts"

export const layer: Layer.Layer<Report, never, Settings | FileSystem.FileSystem | Path.Path> = Layer.effect(
  Report,
  Effect.gen(function*() {
    const { dataDir } = yield* Settings
    const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const writing = yield* Semaphore.make(1)
    const keep: Report["Service"]["keep"] = Effect.fn("Report.keep")(function*(base, document) {
      const names = yield* publish(dataDir, base, [{ extension: "html", content: documentPage(document) }]).pipe(
        writing.withPermits(1),
        Effect.provideContext(files),
        Effect.mapError((reason) =>
          new ReportError({
            report: base,
            problem: reason._tag === "NotWritten" ? `${reason.file} could not be written: ${String(reason.cause)}` : `${reason._tag}`
          })
        )
      )
      return { files: names }
    })
    return Report.of({ keep, page: (document) => Effect.sync(() => documentPage(document)) })
  })
)
