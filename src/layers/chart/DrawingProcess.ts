/**
 * One process that draws, made at the first question and used again; another takes its place when it dies.
 *
 * A process and not a thread: one large allocation in a thread with a heap limit was seen to abort the whole program.
 * Here whatever a spec does to memory or time ends with the child and a typed reason; an interrupted drawing ends it at
 * once. The child may read files (its fonts, Vega) and do nothing else: it cannot write, start anything, or see the
 * environment, and where Node can say so it has no network. Its clock is UTC. Questions wait their turn. It never keeps
 * this process alive, and ends with it.
 */
import { Effect, type Scope, Semaphore } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import type { Format, Reason } from "../../services/Chart.ts"
import type { Answer, Ask, Drawn } from "./protocol.ts"

export interface Options {
  readonly heapMb: number
  readonly seconds: number
}

export interface DrawingProcess {
  readonly draw: (spec: string, formats: ReadonlyArray<Format>) => Effect.Effect<Drawn, Reason>
}

export const make = Effect.fnUntraced(function*({ heapMb, seconds }: Options): Effect.fn.Return<DrawingProcess, never, Scope.Scope> {
  const turn = yield* Semaphore.make(1)
  let current: Running | undefined
  let asked = 0

  const end = Effect.callback<void>((resume) => {
    const ending = current?.child
    current = undefined
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return resume(Effect.void)
    busy(ending)
    ending.once("exit", () => resume(Effect.void)).kill("SIGKILL")
  })
  yield* Effect.addFinalizer(() => end)

  const ask = (spec: string, formats: ReadonlyArray<Format>): Effect.Effect<Drawn, Reason> =>
    Effect.callback<Drawn, Reason>((resume) => {
      const running = current ??= start(heapMb, (ended) => {
        if (current === ended) current = undefined
      })
      const { child } = running
      const question: Ask = { id: ++asked, spec, formats }
      const settle = (answer: Effect.Effect<Drawn, Reason>) => {
        leave()
        resume(answer)
      }
      const answered = (answer: Answer) => {
        if (answer.id !== question.id) return
        settle(answer._tag === "Drawn" ? Effect.succeed(answer.drawn) : Effect.fail(answer.reason))
      }
      const died = (ended: unknown, signal?: unknown) => {
        settle(Effect.fail(deathOf(running.said(), ended instanceof Error ? ended.message : `code ${String(ended ?? signal)}`, heapMb)))
      }
      const leave = () => {
        child.off("message", answered).off("error", died).off("close", died)
        idle(child)
      }
      // "close" and not "exit": by then its last words have come
      child.on("message", answered).on("error", died).on("close", died)
      busy(child)
      child.send(question, (failed) => {
        if (failed !== null && !child.connected && child.exitCode === null) died(failed)
      })
      return Effect.suspend(() => {
        leave()
        return end
      })
    })

  return {
    draw: (spec, formats) =>
      ask(spec, formats).pipe(
        Effect.timeoutOrElse({ duration: seconds * 1000, orElse: () => Effect.fail<Reason>({ _tag: "TimedOut", seconds }) }),
        turn.withPermits(1)
      )
  }
})

// helpers

interface Running {
  readonly child: ChildProcess
  readonly said: () => string
}

/** From source the child runs a module beside this one; in a bundle it is an entry of its own beside this chunk. */
const entry = () => new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./chartWorker.js", import.meta.url)

const start = (heapMb: number, ended: (running: Running) => void): Running => {
  const child = fork(entry(), {
    execArgv: [`--max-old-space-size=${heapMb}`, "--expose-gc", "--permission", "--allow-fs-read=*", "--allow-addons", "--no-warnings"],
    env: { TZ: "UTC" },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"]
  })
  let said = ""
  child.stderr?.on("data", (words) => {
    said = (said + String(words)).slice(0, 8_000)
  })
  const running: Running = { child, said: () => said }
  // an idle child's death is nobody's question: the next one starts another
  child.on("error", () => {}).once("exit", () => ended(running))
  return running
}

const busy = (child: ChildProcess): void => {
  child.ref()
  child.channel?.ref()
}

const idle = (child: ChildProcess): void => {
  child.unref()
  child.channel?.unref()
  const { stderr } = child
  if (stderr !== null && "unref" in stderr && typeof stderr.unref === "function") stderr.unref()
}

const deathOf = (said: string, how: string, heapMb: number): Reason =>
  /out of memory|bad_alloc|memory allocation of \d+ bytes failed/.test(said)
    ? { _tag: "OutOfMemory", heapMb }
    : {
      _tag: "Failed",
      problem: `the drawing process ended with ${how}${said === "" ? "" : `: ${said.trim().split("\n").slice(-3).join(" ").slice(0, 400)}`}`
    }
