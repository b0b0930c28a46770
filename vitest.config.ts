/**
 * Two suites: quick, which `npm test` runs, and slow (`*.slow.test.ts`: real crashes, real processes, long soaks), which CI runs as well.
 */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // for what hangs: a machine with ten times as much to do as it can is slow, not wrong
    testTimeout: 60_000,
    // A process a file: native drivers share no state between files, and one that crashes takes one file with it.
    pool: "forks",
    maxWorkers: 2,
    env: { UV_THREADPOOL_SIZE: "16", NODE_COMPILE_CACHE: "node_modules/.cache/node" },
    projects: [
      { extends: true, test: { name: "quick", include: ["test/**/*.test.ts"], exclude: ["test/**/*.slow.test.ts", "test/package/**"] } },
      { extends: true, test: { name: "slow", include: ["test/**/*.slow.test.ts"], testTimeout: 240_000 } }
    ]
  }
})
