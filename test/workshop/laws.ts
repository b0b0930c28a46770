/**
 * The laws of the source tree, as a function from files to what breaks them.
 *
 * A file imports only downwards: engine ← services ← { assets, layers } ← { schedules, sensors } ← program ← web ← cli ← index.
 * Assets and layers never meet. The engine knows `effect` and nothing else; one folder knows the driver of DuckDB.
 * Time, chance and the environment come from services, so that a test can decide them.
 */
import { dirname, posix } from "node:path"
import { parseAst } from "rolldown/parseAst"

export interface SourceFile {
  /** From the repository's root, with `/`: `src/engine/Asset.ts`. */
  readonly path: string
  readonly text: string
}

/** What a file of the floor named may import from the floors in its list; its own floor is always allowed, unless said below. */
const floors: Readonly<Record<string, ReadonlyArray<string>>> = {
  engine: [],
  services: ["engine"],
  assets: ["services", "engine"],
  layers: ["services", "engine"],
  schedules: ["assets", "layers", "services", "engine"],
  sensors: ["assets", "layers", "services", "engine"],
  program: ["schedules", "sensors", "assets", "services", "engine"],
  cli: ["web", "program", "schedules", "sensors", "assets", "layers", "services", "engine"],
  web: ["program", "schedules", "sensors", "assets", "layers", "services", "engine"],
  index: ["cli", "web", "program", "schedules", "sensors", "assets", "layers", "services", "engine"],
  bin: ["cli"]
}

/** A second noun hides in each of these: it belongs with its service, its asset or its one user. */
const folders = ["utils", "util", "domain", "helpers", "common", "lib", "shared", "misc"]

/** Packages that take long to load or carry native code, and the only folder or file that may load each; the types of some are everyone's. */
const drivers: ReadonlyArray<{ readonly packages: RegExp; readonly home: string; readonly types: boolean }> = [
  { packages: /^@duckdb\//, home: "src/layers/duckdb/", types: false },
  { packages: /^node:sqlite$/, home: "src/layers/", types: false },
  { packages: /^(vega|vega-.*|@resvg\/.*|@expo-google-fonts\/.*)$/, home: "src/layers/chart/", types: true },
  { packages: /^apache-arrow(\/.*)?$/, home: "src/layers/ArrowFile.ts", types: false }
]

/** What runs before anything of Effect is loaded. */
const launcher = ["src/bin.ts", "src/cli/CodeCache.ts"]

/** Files that are a process of their own, started by another: they have no runtime to end them, and may end themselves. */
const processes = ["src/layers/chart/worker.ts"]

/** Every breach, as `path:line what is wrong`, in the order of the files. */
export const breaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => [...inPath(file), ...inText(file)])

// helpers

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const inPath = ({ path }: SourceFile): ReadonlyArray<string> =>
  path.split("/").slice(0, -1).filter((part) => folders.includes(part)).map((part) =>
    `${path}:1 has a folder "${part}": name it after its noun`
  )

const inText = ({ path, text }: SourceFile): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (node: Node): void => {
    const wrong = inNode(path, node)
    if (wrong !== undefined) found.push(`${path}:${text.slice(0, node.start).split("\n").length} ${wrong}`)
    for (const value of Object.values(node)) for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child)
  }
  const program: unknown = parseAst(text, { lang: "ts" }, path)
  if (isNode(program)) visit(program)
  return found
}

const inNode = (path: string, node: Node): string | undefined => {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType": {
      const from = isNode(node["source"]) ? node["source"]["value"] : undefined
      const erased = node["importKind"] === "type" || node["exportKind"] === "type" || node.type === "TSImportType"
      return typeof from === "string"
        ? inImport(path, from, erased)
        : node.type === "ImportExpression"
        ? "imports a computed name: write it out"
        : undefined
    }
    case "MemberExpression": {
      const name = nameOf(node)
      return name === undefined ? undefined : inName(path, name)
    }
    case "NewExpression":
      return isNode(node["callee"]) && node["callee"]["name"] === "Date" && Array.isArray(node["arguments"]) &&
          node["arguments"].length === 0
        ? "reads the clock with new Date(): use Clock or DateTime"
        : undefined
    default:
      return undefined
  }
}

const nameOf = (node: Node): string | undefined => {
  const { object, property } = node
  if (!isNode(object) || !isNode(property)) return undefined
  const owner = object.type === "Identifier"
    ? object["name"]
    : object.type === "MemberExpression"
    ? nameOf(object)?.replace(/^globalThis\./, "")
    : undefined
  const key = node["computed"] === true ? property["value"] : property["name"]
  return typeof owner === "string" && typeof key === "string" ? `${owner}.${key}` : undefined
}

const inName = (path: string, name: string): string | undefined => {
  switch (name.replace(/^globalThis\./, "")) {
    case "Date.now":
      return launcher.includes(path) ? undefined : "reads the clock with Date.now: use Clock or DateTime"
    case "Math.random":
      return "draws with Math.random: use Random, or a seed"
    case "process.env":
      return launcher.includes(path) ? undefined : "reads process.env: use Config"
    case "process.exit":
      return processes.includes(path) ? undefined : "ends the process at once: fail, and let the runtime end it"
    default:
      return /^(globalThis\.)?console\./.test(name) ? "prints with console: use Console or Effect.log" : undefined
  }
}

const inImport = (path: string, from: string, erased: boolean): string | undefined => {
  const floor = floorOf(path)
  if (!from.startsWith(".")) {
    if (floor === "engine" && from !== "effect" && !from.startsWith("effect/")) return `imports ${from}: the engine knows effect only`
    const driver = drivers.find(({ packages }) => packages.test(from))
    return driver === undefined || path.startsWith(driver.home) || (erased && driver.types)
      ? undefined
      : `imports ${from}: only ${driver.home} may`
  }
  if (!/\.(ts|json)$/.test(from)) return `imports ${from}: write the file's ending`
  const target = posix.join(dirname(path), from)
  if (!target.startsWith("src/")) return target === "package.json" ? undefined : `imports ${target}: outside src`
  const below = floorOf(target)
  return below === floor || floors[floor]?.includes(below) === true ? undefined : `imports ${target}: ${floor} does not stand on ${below}`
}

/** `src/engine/Asset.ts` is of floor `engine`, `src/program.ts` of floor `program`. */
const floorOf = (path: string): string => path.split("/")[1]?.replace(/\.ts$/, "") ?? ""
