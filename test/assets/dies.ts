/** A process that brings returns up to date in a folder and is killed on the way: `node dies.ts <folder> <point> <asset> <subject>`. */
import { Effect, Layer } from "effect"
import { dailyReturns } from "../../src/assets/derived/dailyReturns.ts"
import * as Run from "../../src/engine/Run.ts"
import { onDisk } from "./onDisk.ts"

const [folder = "", point, asset, subject] = process.argv.slice(2)

const kill = Layer.succeed(Run.Plug, (at, made, of) =>
  Effect.sync(() => {
    if (at === point && made.name === asset && (of ?? "") === (subject ?? "")) process.kill(process.pid, "SIGKILL")
  }))

await Run.upToDate([dailyReturns]).pipe(Effect.provide(Layer.merge(kill, onDisk(folder))), Effect.runPromise)
