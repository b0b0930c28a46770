/**
 * How tests run in a process that is kept: what changed since the last run is read anew, those come first that have
 * failed most often, and they end at the first that fails.
 */
import type { EvaluatedModules } from "vite/module-runner"
import { inject, type RunnerTask as Task, type RunnerTestSuite as Suite, TestRunner } from "vitest"

declare module "vitest" {
  interface ProvidedContext {
    /** The files that are not read as they were in the run before. */
    changed: ReadonlyArray<string>
    /** How often each test has failed, by its full name: such a one comes first. */
    failed: Readonly<Record<string, number>>
  }
}

export default class extends TestRunner {
  constructor(...[config]: ConstructorParameters<typeof TestRunner>) {
    super(config)
    const modules: EvaluatedModules = Reflect.get(Reflect.get(this, "workerState"), "evaluatedModules")
    for (const file of inject("changed")) modules.getModulesByFile(file)?.forEach((_) => modules.invalidateModule(_))
  }

  onCollected(files: ReadonlyArray<Suite>): void {
    const failed = inject("failed")
    const times = (task: Task, name: string): number =>
      task.type === "suite" ? Math.max(0, ...task.tasks.map((_) => times(_, `${name} > ${_.name}`))) : failed[name] ?? 0
    const order = (suite: Suite, name: string): void => {
      const called = (_: Task) => name === "" ? _.name : `${name} > ${_.name}`
      // those that share what was set up before them may build on one another
      if (TestRunner.getSuiteHooks(suite).beforeAll.length > 0) return
      suite.tasks.sort((a, b) => times(b, called(b)) - times(a, called(a)))
      suite.tasks.forEach((_) => _.type === "suite" && order(_, called(_)))
    }
    files.forEach((_) => order(_, ""))
  }

  override onAfterRunTask(...[test]: Parameters<TestRunner["onAfterRunTask"]>): void {
    if (test.result?.state === "fail") this.cancel("test-failure")
    super.onAfterRunTask(test)
  }
}
