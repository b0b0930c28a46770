/**
 * The packed package in an empty project, as a user meets it: it installs, brings no tool of ours along,
 * its types resolve under a strict compiler, its command starts, the example runs, and the tests in `user/` pass.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const project = mkdtempSync(join(tmpdir(), "crypto-package-"))
const wanted = [
  "dist/crypto.js",
  "dist/main.cjs",
  "dist/chartWorker.js",
  "dist/lib/index.js",
  "dist/lib/index.d.ts",
  "LICENSE",
  "package.json"
]
const own: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

try {
  const tarball = step("pack", () => pack())
  step("install", () => {
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }))
    const tools = ["typescript", "vitest", "@effect/vitest", "@types/node"].map((name) =>
      `${name}@${own.devDependencies[name] ?? "latest"}`
    )
    npm(project, "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", tarball, ...tools)
  })
  step("manifest", () => {
    const packed: Manifest = JSON.parse(readFileSync(join(project, "node_modules", own.name, "package.json"), "utf8"))
    const names = [...Object.keys(packed.dependencies), ...Object.keys(packed.optionalDependencies ?? {})]
    const tools = names.filter((name) => /^(node|node-.*|typescript|vitest|rolldown|ox.*|dprint|@effect\/tsgo.*)$/.test(name))
    if (tools.length > 0) throw new Error(`the package would bring ${tools.join(", ")} to its users`)
  })
  cpSync(join(root, "test/package/user"), project, { recursive: true })
  const example = readFileSync(join(root, "examples/river.ts"), "utf8")
  writeFileSync(join(project, "river.ts"), example.replace(`"../src/index.ts"`, JSON.stringify(own.name)))
  step("types", () => types())
  step("command", () => npm(project, "exec", "--offline", "--", "crypto", "--help"))
  step("example", () => {
    const told = ["first", "second"].map(() => execFileSync("node", ["river.ts", "."], { cwd: project, encoding: "utf8" }))
    if (!/^run succeeded, \d+ parts made$/m.test(told[0] ?? "") || !/^nothing to do$/m.test(told[1] ?? "")) {
      throw new Error(`the example does not do what it says:\n${told.join("\n")}`)
    }
  })
  step("tests", () => npm(project, "exec", "--offline", "--", "vitest", "run"))
} finally {
  rmSync(project, { recursive: true, force: true })
}

// helpers

interface Manifest {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

function step<A>(name: string, body: () => A): A {
  const begin = performance.now()
  const result = body()
  console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
  return result
}

/** The path of the packed file, which has to hold what runs and none of the sources or tests. */
function pack(): string {
  const told = execFileSync("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", project], { cwd: root, encoding: "utf8" })
  const [packed]: ReadonlyArray<Packed> = JSON.parse(told.slice(told.indexOf("[\n")))
  if (packed === undefined) throw new Error(`npm pack told nothing: ${told}`)
  const paths = packed.files.map((file) => file.path)
  const missing = wanted.filter((path) => !paths.includes(path))
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(", ")}`)
  const strange = paths.filter((path) => !/^(dist\/|[A-Z]+\.md$|LICENSE$|package\.json$)/.test(path))
  if (strange.length > 0) throw new Error(`the package holds ${strange.join(", ")}`)
  console.log(`packed: ${paths.length} files, ${(packed.size / 1024).toFixed(0)} KiB`)
  return join(project, packed.filename)
}

/** A user's project has to compile; and each declaration of ours too, looked at itself: where one does not resolve, its types are silently `any`. */
function types(): void {
  const compiler = [join(project, "node_modules/typescript/bin/tsc"), "--project", ".", "--pretty", "false"]
  run(project, "node", ...compiler)
  const told = spawnSync("node", [...compiler, "--skipLibCheck", "false"], { cwd: project, encoding: "utf8" }).stdout
  const ours = told.split("\n").filter((line) => line.startsWith(`node_modules/${own.name}/`))
  if (ours.length > 0) throw new Error(`declarations of the package do not compile:\n${ours.join("\n")}`)
}

function npm(cwd: string, ...args: ReadonlyArray<string>): void {
  run(cwd, "npm", ...args)
}

function run(cwd: string, command: string, ...args: ReadonlyArray<string>): void {
  execFileSync(command, args, { cwd, stdio: "inherit" })
}
