/**
 * One vitest, and one process of tests, kept for many runs: what does not change from run to run is read and compiled
 * once. A run reads one source file as a mutant of itself; nothing is written. Between two runs all modules of this
 * repository begin anew; those of packages stay.
 */
import { type ChildProcess, fork } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import type { Plugin } from "vite"
import { createVitest, type PoolOptions, type PoolWorker } from "vitest/node"
import base from "../vitest.config.ts"

/** What is read instead of a stretch of a file. */
export interface Put {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly to: string
}
/** How a run of a file of tests ended. */
export type End = "passes" | "fails" | "does not load" | "hangs" | "tells of no test" | "leaves an error behind"

export interface Kept {
  /** `anew`: in a process that nothing ran in before. */
  readonly run: (test: string, put: Put | undefined, patience: number, anew?: boolean) => Promise<End>
  readonly close: () => Promise<void>
}

/** A process is given up after so many runs: what its tests leave behind adds up. */
const runsOfOneProcess = 60

/** Only the tests whose full name matches `named` run, if it is given. */
export const keptVitest = async (named: string | undefined): Promise<Kept> => {
  let mutant: Put | undefined
  let child: ChildProcess | undefined
  let runs = 0
  const giveUp = () => {
    child?.kill("SIGKILL")
    child = undefined
    runs = 0
  }
  const worker = (options: PoolOptions): PoolWorker => {
    const listeners = new Map<string, Set<(...args: ReadonlyArray<unknown>) => void>>()
    const tell = (event: string, value: unknown) => [...listeners.get(event) ?? []].forEach((_) => _(value))
    const hear = (message: unknown) => tell("message", message)
    const ended = (code: unknown) => tell("exit", code)
    const isFirst = child === undefined
    child ??= fork(resolve(options.distPath, "workers/forks.js"), [], {
      env: { ...options.env, NODE_ENV: "test" },
      execArgv: options.execArgv,
      stdio: "ignore",
      serialization: "advanced"
    })
    const its = child
    // what is written to one that is just being killed is lost
    its.setMaxListeners(0).on("error", () => undefined).once("exit", () => child === its && giveUp())
    return {
      name: "kept",
      on: (event, callback) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(callback)),
      off: (event, callback) => void listeners.get(event)?.delete(callback),
      deserialize: (_) => _,
      start: () => Promise.resolve(void its.on("message", hear).on("exit", ended)),
      stop: () => Promise.resolve(void its.off("message", hear).off("exit", ended)),
      // it begins once and does not stop between two runs
      send: (message) => {
        const answer = message.__vitest_worker_request__ !== true
          ? undefined
          : message.type === "stop"
          ? "stopped"
          : message.type === "start" && !isFirst
          ? "started"
          : undefined
        if (answer !== undefined) setImmediate(hear, { __vitest_worker_response__: true, type: answer })
        else if (its.connected) its.send(message)
      }
    }
  }
  const plugin: Plugin = {
    name: "mutant",
    enforce: "pre",
    load: (id) => {
      if (mutant === undefined || id.split("?")[0] !== mutant.path) return undefined
      const source = readFileSync(mutant.path, "utf8")
      return source.slice(0, mutant.start) + mutant.to + source.slice(mutant.end)
    }
  }
  const { env, testTimeout } = base.test ?? {}
  const vitest = await createVitest("test", {
    root: ".",
    config: false,
    watch: false,
    reporters: [{}],
    fsModuleCache: false,
    update: "none"
  }, {
    test: {
      projects: [{
        plugins: [plugin],
        test: {
          name: "kept",
          include: ["test/**/*.test.ts"],
          ...env === undefined ? {} : { env },
          ...testTimeout === undefined ? {} : { testTimeout },
          pool: { name: "kept", createPoolWorker: worker },
          ...named === undefined ? {} : { testNamePattern: named },
          runner: resolve("tools/keptRunner.ts")
        }
      }]
    }
  })
  await vitest.standalone()
  const failed: Record<string, number> = {}
  const [project] = vitest.projects
  if (project === undefined) throw new Error("vitest has no project")
  const change = (to: Put | undefined) => {
    const changed = [mutant, to].flatMap((_) => _ === undefined ? [] : [_.path])
    for (const { moduleGraph } of Object.values(project.vite.environments)) changed.forEach((_) => moduleGraph.onFileChange(_))
    project.provide("changed", changed)
    project.provide("failed", failed)
    mutant = to
  }
  return {
    close: async () => {
      giveUp()
      await vitest.close()
    },
    run: async (test, put, patience, anew = false) => {
      if (anew || runs >= runsOfOneProcess) giveUp()
      change(put)
      runs++
      let isHanging = false
      const watch = watched(patience, () => child?.pid, () => {
        isHanging = true
        giveUp()
      })
      const told = await vitest.runTestSpecifications(await vitest.globTestSpecifications([resolve(test)]))
      clearInterval(watch)
      const testModules = told.testModules.filter((_) => _.moduleId === resolve(test))
      const { unhandledErrors } = told
      const tests = testModules.flatMap((_) => [...(_.children.allTests())])
      for (const { fullName } of tests.filter((_) => _.result().state === "failed")) failed[fullName] = (failed[fullName] ?? 0) + 1
      return isHanging
        ? "hangs"
        : tests.some((_) => _.result().state === "failed")
        ? "fails"
        : testModules.some((_) => !_.ok())
        ? "does not load"
        : unhandledErrors.length > 0
        ? "leaves an error behind"
        : tests.some((_) => _.result().state === "passed")
        ? "passes"
        : "tells of no test"
    }
  }
}

// helpers

const glance = 2_500

/**
 * Gives up on a process that has worked for as long as one has patience, or has done nothing at all for four glances:
 * one that only waits for its turn on a busy machine has done neither. Where that cannot be told, time decides.
 */
const watched = (patience: number, pid: () => number | undefined, giveUp: () => void): NodeJS.Timeout => {
  const begin = performance.now()
  let first: number | undefined
  let last = -1
  let idle = 0
  return setInterval(() => {
    const now = workOf(pid())
    if (now === undefined) {
      if (performance.now() - begin > patience) giveUp()
      return
    }
    first ??= now.done
    idle = now.waits && now.done === last ? idle + 1 : 0
    last = now.done
    if (now.done - first >= patience || idle >= 4) giveUp()
  }, glance)
}

/** How long a process has worked, in milliseconds, and whether it waits for something other than its turn: where Linux tells. */
const workOf = (pid: number | undefined): { readonly done: number; readonly waits: boolean } | undefined => {
  const file = `/proc/${pid}/stat`
  if (pid === undefined || !existsSync(file)) return undefined
  const fields = readFileSync(file, "utf8").split(") ").at(-1)?.split(" ") ?? []
  return { done: (Number(fields[11]) + Number(fields[12])) * 10, waits: fields[0] === "S" }
}
