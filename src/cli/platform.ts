/** Node's services for a command line that seldom reads standard input: it is opened by what reads it, for that takes two milliseconds. */
import * as NodeChildProcessSpawner from "@effect/platform-node/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { Effect, Layer, Stdio, Terminal } from "effect"
import { isatty } from "node:tty"

const stdio = Layer.effect(
  Stdio.Stdio,
  Stdio.Stdio.useSync((node) => Stdio.Stdio.of({ ...node, stdinIsTerminal: Effect.sync(() => isatty(0)) }))
).pipe(Layer.provide(NodeStdio.layer))

/** What only looks at standard output is asked of it; for the rest there is Node's, for as long as it is read. */
const terminal = Layer.succeed(
  Terminal.Terminal,
  Terminal.make({
    columns: Effect.sync(() => process.stdout.columns ?? 0),
    rows: Effect.sync(() => process.stdout.rows ?? 0),
    size: Effect.flatMap(NodeTerminal.make(), (_) => _.size),
    readInput: Effect.flatMap(NodeTerminal.make(), (_) => _.readInput),
    readLine: Effect.scoped(Effect.flatMap(NodeTerminal.make(), (_) => _.readLine)),
    display: (text) => Effect.scoped(Effect.flatMap(NodeTerminal.make(), (_) => _.display(text)))
  })
)

export const platform = Layer.provideMerge(NodeChildProcessSpawner.layer,
  Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, stdio, terminal))
