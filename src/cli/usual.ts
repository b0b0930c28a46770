/** The commands that any pipeline has. Adding one is its file and a line here. */
import { later } from "./later.ts"

export const usual = [
  later("run", "Bring assets up to date", "Make", (root, world) => import("./run.ts").then((_) => _.run(root, world))),
  later("plan", "What would run, why, and what it would cost", "Make",
    (root, world) => import("./plan.ts").then((_) => _.plan(root, world))),
  later("list", "The assets and jobs there are", "Look", (_, world) => import("./list.ts").then((_) => _.list(world))),
  later("graph", "What follows from what, and how it stands", "Look",
    (root, world) => import("./graph.ts").then((_) => _.graph(root, world))),
  later("status", "Whether everything is fine; if not, what mends it", "Look",
    (root, world) => import("./status.ts").then((_) => _.status(root, world))),
  later("show", "All that is known of an asset", "Look", (root, world) => import("./show.ts").then((_) => _.show(root, world))),
  later("check", "The checks, on what is published now", "Look", (root, world) => import("./check.ts").then((_) => _.check(root, world))),
  later("runs", "The runs there were, newest first", "Look", (root, world) => import("./runs.ts").then((_) => _.runs(root, world))),
  later("logs", "What a run did, step by step", "Look", (root, world) => import("./logs.ts").then((_) => _.logs(root, world))),
  later("explain", "Why an asset is, or is not, asked for now", "Time",
    (root, world) => import("./explain.ts").then((_) => _.explain(root, world))),
  later("schedule", "What runs when: list, start, stop, tick, history", "Time",
    (root, world) => import("./schedule.ts").then((_) => _.schedule(root, world))),
  later("sensor", "What is watched: list, start, stop, tick, history", "Time",
    (root, world) => import("./sensor.ts").then((_) => _.sensor(root, world))),
  later("simulate", "Every tick and run that would occur, running none", "Time",
    (root, world) => import("./simulate.ts").then((_) => _.simulate(root, world))),
  later("daemon", "Hold the data, run what falls due, serve other terminals", "Time",
    (root, world) => import("./daemon.ts").then((_) => _.daemon(root, world))),
  later("config", "Every setting, its value, and where it comes from", "Keep in order",
    (root) => import("./config.ts").then((_) => _.config(root))),
  later("completions", "A script that completes names in a shell", "Keep in order",
    (root, world) => import("./completions.ts").then((_) => _.completions(root, world)))
] as const
