/**
 * docs/api.md: every name that src/index.ts exports, with the signature and the docstring that the compiler emits for it.
 * `node tools/apiDocs.ts` writes it; a test holds it, and holds the examples in docstrings to be code that compiles.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../", import.meta.url))

/** A block of code in a docstring, and where it stands. */
export interface Example {
  readonly at: string
  readonly code: string
}

/** The page as it should be. */
export const page = (): string =>
  inFolder((folder) => {
    const told = tsc("--project", join(root, "tsconfig.build.json"), "--outDir", folder)
    if (told !== "") throw new Error(`the library does not compile:\n${told}`)
    format(folder)
    const sections = statements(folder, "index.ts").flatMap((_) => sectionsOf(folder, _.text))
    const body = sections.flatMap((_) => [
      "",
      `## ${_.title}`,
      ...paragraphs(_.opening),
      ..._.names.flatMap((name) => entry(folder, _.prefix, name))
    ])
    const anchors = anchorsOf(body)
    return [
      "# API reference",
      "",
      "What `crypto-pipeline` exports, in the order of `src/index.ts`, from the declarations that the compiler emits. What is longer than a page is cut at `…`.",
      "Written by `node tools/apiDocs.ts`; each example is compiled by a test.",
      "",
      ...sections.map((_, index) => `- [${_.title}](#${anchors[index]})${_.opening === "" ? "" : `: ${sentence(_.opening)}`}`),
      ...body,
      ""
    ].join("\n")
  })

/** Each example in a docstring below src, in the order of the files. */
export const examples = (): ReadonlyArray<Example> =>
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((_) => _.endsWith(".ts")).sort().flatMap((path) => {
    const text = readFileSync(join(root, "src", path), "utf8")
    return [...text.matchAll(docstring)].flatMap((doc) =>
      [...prose(doc[0]).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], index) => ({
        at: `src/${path.replaceAll("\\", "/")}:${text.slice(0, doc.index).split("\n").length}${index === 0 ? "" : ` (${index + 1})`}`,
        code
      }))
    )
  })

/** What the compiler has against examples, each a module of its own that imports `crypto-pipeline`; a line a mistake. */
export const mistakes = (examples: ReadonlyArray<Example>): ReadonlyArray<string> =>
  inFolder((folder) => {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction")
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: { noUnusedLocals: false, paths: { "crypto-pipeline": [join(root, "src/index.ts")] } },
        include: ["*.ts"]
      })
    )
    for (const [index, { code }] of examples.entries()) writeFileSync(join(folder, `example${index}.ts`), code)
    const told = tsc("--project", folder)
    return told.split("\n").filter((_) => _ !== "").map((line) =>
      line.replace(/^.*?example(\d+)\.ts\((\d+),\d+\)/, (_, index, at) => `${examples[Number(index)]?.at}, line ${at} of the example`)
    )
  })

// helpers

/** One statement of a declaration file, and the docstring before it. */
interface Statement {
  readonly docs: string
  readonly text: string
}

/** An exported name: what declares it, or the file whose names it holds. */
interface Named {
  readonly name: string
  readonly statements: ReadonlyArray<Statement>
  readonly module?: string
}

interface Section {
  readonly title: string
  readonly prefix: string
  readonly opening: string
  readonly names: ReadonlyArray<Named>
}

const docstring = /\/\*\*.*?\*\//gs

/** Statements of declarations begin at the first column, and nothing within one does but its end. */
const statements = (folder: string, path: string): ReadonlyArray<Statement> => {
  const begin = String.raw`(?:\/\*\*|export |import |declare |interface |type )`
  const text = readFileSync(join(folder, path.replace(/\.ts$/, ".d.ts")), "utf8").replaceAll("\r", "")
  const all = text.matchAll(new RegExp(String.raw`^((?:\/\*\*(?:(?!\*\/).)*\*\/\n)*)((?!\/\*\*).+?)(?=^${begin}|$(?!.))`, "gms"))
  return [...all].flatMap(([, docs = "", body = ""]) =>
    body.trim() === "" ? [] : [{ docs: docs.match(docstring)?.at(-1) ?? "", text: body.trim() }]
  )
}

const sectionsOf = (folder: string, statement: string): ReadonlyArray<Section> => {
  const path = normalize(/from "(.*)"/.exec(statement)?.[1] ?? "").replaceAll("\\", "/")
  const names = exported(folder, "index.ts", statement)
  const [, namespace] = /^export \* as (\w+)/.exec(statement) ?? []
  const opening = openingOf(path)
  if (namespace !== undefined) return [{ title: namespace, prefix: `${namespace}.`, opening, names: namesIn(folder, path) }]
  const folderName = basename(dirname(path))
  const title = statement.startsWith("export *")
    ? `${folderName.charAt(0).toUpperCase()}${folderName.slice(1)}`
    : names.map((_) => _.name).join(", ")
  return names.length === 0 ? [] : [{ title, prefix: "", opening, names }]
}

const namesIn = (folder: string, path: string): ReadonlyArray<Named> => {
  const all = statements(folder, path)
  const found = new Map<string, Named>()
  for (const statement of all) {
    const name = nameOf(statement)
    const names: ReadonlyArray<Named> = /^export (?:type )?[*{]/.test(statement.text)
      ? exported(folder, path, statement.text)
      : name !== undefined && statement.text.startsWith("export ")
      ? [{ name, statements: [...all.filter((_) => nameOf(_) === `${name}_base`), statement] }]
      : []
    for (const named of names) {
      found.set(named.name, { ...named, statements: [...found.get(named.name)?.statements ?? [], ...named.statements] })
    }
  }
  return [...found.values()]
}

/** The names that `export … from` brings. */
const exported = (folder: string, path: string, statement: string): ReadonlyArray<Named> => {
  const [, list, from] = /^export (?:type )?(\* as \w+|\*|\{[^}]*\})(?: from "(\..*)")?/s.exec(statement) ?? []
  if (list === undefined) return []
  const target = from === undefined ? path : join(dirname(path), from).replaceAll("\\", "/")
  if (list.startsWith("* as ")) return [{ name: list.slice(5), statements: [], module: target }]
  const there = from === undefined
    ? statements(folder, path).map((_) => ({ name: nameOf(_) ?? "", statements: [_] }))
    : namesIn(folder, target)
  if (list === "*") return there
  return list.slice(1, -1).split(",").map((_) => _.trim().replace(/^type /, "")).filter((_) => _ !== "").map((item) => {
    const [name = "", as = name] = item.split(" as ")
    const same = there.filter((_) => _.name === name)
    const [first] = same
    // what is another package's is told as it is exported
    if (first === undefined) return { name: as, statements: [{ docs: "", text: statement }] }
    return { ...first, name: as, statements: same.flatMap((_) => _.statements) }
  })
}

const nameOf = ({ text }: Statement): string | undefined =>
  /^(?:export )?(?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|enum) (\w+)/.exec(text)?.[1]

/** The docstring a source file begins with, unless it is that of its first declaration. */
const openingOf = (path: string): string => {
  const text = readFileSync(join(root, "src", path), "utf8")
  return prose(/^(\/\*\*(?:(?!\*\/).)*\*\/)\s*\n(?:\n|import |export (?:type )?[*{])/s.exec(text)?.[1] ?? "")
}

const entry = (folder: string, prefix: string, { module, name, statements }: Named): ReadonlyArray<string> => {
  const heading = ["", `### ${prefix}${name}`]
  if (module !== undefined) {
    return [...heading, ...paragraphs(openingOf(module)), ...namesIn(folder, module).flatMap((_) => entry(folder, `${prefix}${name}.`, _))]
  }
  return [
    ...heading,
    "",
    "```ts",
    ...statements.flatMap(({ text }) => signature(text)),
    "```",
    ...statements.flatMap(({ docs }) => paragraphs(prose(docs)))
  ]
}

/** As it is written by hand: without `export declare`, and without the paths of types. */
const signature = (text: string): ReadonlyArray<string> => {
  const lines = text.replace(/^export /, "").replace(/^declare /, "").split("\n")
  return lines.length <= 100 ? lines : [...lines.slice(0, 100), "…"]
}

/** The declarations in the house's own style: signatures are broken into lines as they are in the source. */
const format = (folder: string): void => {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".js")) rmSync(join(folder, path))
    if (!path.endsWith(".d.ts")) continue
    const text = readFileSync(join(folder, path), "utf8")
    writeFileSync(join(folder, path), text.replace(/import\("[^"]*"\)\./g, ""))
  }
  const style: { readonly typescript: object } = JSON.parse(readFileSync(join(root, "dprint.json"), "utf8"))
  const typescript = { ...style.typescript, "module.sortExportDeclarations": "maintain" }
  const plugins = [join(root, "node_modules/@dprint/typescript/plugin.wasm")]
  writeFileSync(join(folder, "dprint.json"), JSON.stringify({ ...style, typescript, plugins, includes: ["**/*.d.ts"] }))
  const done = spawnSync(process.execPath, [join(root, "node_modules/dprint/bin.cjs"), "fmt"], { cwd: folder, encoding: "utf8" })
  if (done.status !== 0) throw new Error(`the declarations could not be formatted:\n${done.stderr}`)
}

const prose = (docs: string): string =>
  docs.replace(/^\/\*\*/, "").replace(/\*\/$/, "").split("\n").map((_) => _.replace(/^\s*\* ?/, "")).join("\n").trim()

const paragraphs = (text: string): ReadonlyArray<string> => text === "" ? [] : ["", text]

const sentence = (text: string): string =>
  /^.*?[.:;](?=\s|$)/s.exec(text)?.[0].replaceAll("\n", " ").replace(/[.:;]$/, "") ?? text.replaceAll("\n", " ")

/** The anchors of the sections: a heading like one before it is told apart by a number, whatever its level. */
const anchorsOf = (body: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Map<string, number>()
  return body.flatMap((line) => {
    const [, level, title = ""] = /^(##|###) (.*)$/.exec(line) ?? []
    if (level === undefined) return []
    const plain = title.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")
    const before = seen.get(plain) ?? 0
    seen.set(plain, before + 1)
    return level === "##" ? [before === 0 ? plain : `${plain}-${before}`] : []
  })
}

const tsc = (...options: ReadonlyArray<string>): string => {
  const done = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", ...options], {
    encoding: "utf8"
  })
  return done.status === 0 ? "" : `${done.stdout}${done.stderr}`.trim() || "the compiler could not be started"
}

const inFolder = <A>(use: (folder: string) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), "api-"))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) writeFileSync(new URL("../docs/api.md", import.meta.url), page())
