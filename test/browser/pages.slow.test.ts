/**
 * Every page that is made, in a real browser: it breaks no line of its own policy, asks for nothing, runs no script from
 * data, fits a phone, and has no serious barrier. The data hold a coin that is called `</script><img src=x onerror=…>`.
 *
 * It needs Chromium: Debian's package, or the one that CHROMIUM names.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { type Browser, chromium } from "playwright-core"

const built = fileURLToPath(new URL("../../dist/crypto.js", import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const executablePath = process.env["CHROMIUM"] ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)

interface Look {
  readonly width: number
  readonly colorScheme: "light" | "dark"
}
interface Seen {
  readonly failed: string | undefined
  readonly spare: number
  /** Elements that no page has. */
  readonly others: number
  /** Charts without their one drawing. */
  readonly charts: number
}
const looks: ReadonlyArray<Look> = [{ width: 390, colorScheme: "dark" }, { width: 1200, colorScheme: "light" }]

describe("in a browser", () => {
  let folder = ""
  let browser: Browser | undefined
  const crypto = (...args: ReadonlyArray<string>) => {
    const { status, stderr } = spawnSync(process.execPath, [built, ...args, "--source", "sandbox", "--data-dir", join(folder, "data")], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        CRYPTO_STATE_DIR: join(folder, "state"),
        CRYPTO_COINS: "bitcoin,ethereum,sandbox-script",
        // the checker looks at each cell of a table
        CRYPTO_HISTORY_DAYS: "100"
      }
    })
    assert.strictEqual(status, 0, stderr)
  }

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error("these tests need Chromium: apt-get install chromium, or name one in CHROMIUM")
    folder = mkdtempSync(join(tmpdir(), "crypto-pages-"))
    crypto("run", "all")
    crypto("site", "--out", join(folder, "site"))
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    browser = await chromium.launch({ executablePath, args: [...flags, "--disable-component-update", "--disable-sync"] })
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    if (folder !== "") rmSync(folder, { recursive: true, force: true })
  })

  /** What is wrong with a page, in words. */
  const wrong = async (file: string, { colorScheme, width }: Look): Promise<ReadonlyArray<string>> => {
    if (browser === undefined) throw new Error("no browser")
    const problems: Array<string> = []
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: false })
    try {
      const page = await context.newPage()
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`)
      })
      page.on("pageerror", (error) => problems.push(`error: ${error.message}`))
      page.on("dialog", (dialog) => {
        problems.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on("request", (request) => {
        if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) problems.push(`asked for ${request.url()}`)
      })
      await page.goto(pathToFileURL(file).href)
      const isAlive = await page.evaluate<boolean>(`document.querySelector(".chart[data-spec]") !== null`)
      if (isAlive) await page.waitForFunction(`document.documentElement.dataset.drawn === "yes"`, undefined, { timeout: 30_000 })
      const seen = await page.evaluate<Seen>(`({
        failed: document.documentElement.dataset.failed,
        spare: document.documentElement.clientWidth - document.documentElement.scrollWidth,
        others: document.querySelectorAll("img[onerror], main script, svg script, svg image, iframe, object, embed").length,
        charts: [...document.querySelectorAll(".chart")].filter((_) => _.querySelectorAll("svg").length !== 1).length
      })`)
      if (seen.failed !== undefined) problems.push(`not drawn: ${seen.failed}`)
      if (seen.spare < 0) problems.push(`wider than the screen by ${-seen.spare}`)
      if (seen.others > 0) problems.push(`${seen.others} elements that no page has`)
      if (seen.charts > 0) problems.push(`${seen.charts} charts without their one drawing`)
      // under the page's policy no script of ours could be added to it: the checker is run by the debugger
      const found = await page.evaluate<unknown>(
        `${axe};axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
        .filter((_) => ["serious", "critical"].includes(_.impact))
        .map((_) => "axe: " + _.id + ": " + _.help + ": " + _.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + node.failureSummary).join(" | ")))`
      )
      return [...problems, ...(Array.isArray(found) ? found.map(String) : [])]
    } finally {
      await context.close()
    }
  }

  const ofKind = (dir: string, kind: RegExp) => readdirSync(join(folder, dir)).filter((_) => kind.test(_)).map((_) => join(folder, dir, _))

  it("every chart's page is sound", async () => {
    // of charts that are one a coin, that of the coin with the hostile name
    const files = ofKind("data/charts", /\.html$/).filter((_) => !/--(bitcoin|ethereum)-/.test(_))
    assert.isAbove(files.length, 10)
    for (const file of files) { for (const look of looks) assert.deepStrictEqual(await wrong(file, look), [], `${file} ${look.width}`) }
  })

  it("every report is sound", async () => {
    const files = ofKind("data/reports", /market_report\.html$|monthly_report.*\.html$/).slice(-3)
    assert.isAbove(files.length, 1)
    for (const file of files) { for (const look of looks) assert.deepStrictEqual(await wrong(file, look), [], `${file} ${look.width}`) }
  })

  it("every page of the site is sound, and leads only to files that are there", async () => {
    const files = [...ofKind("site", /\.html$/), ...ofKind("site/tables", /\.html$/)]
    assert.isAbove(files.length, 10)
    for (const file of files) {
      // tables are all of one kind, and long
      for (const look of file.includes("tables") ? looks.slice(0, 1) : looks)
        assert.deepStrictEqual(await wrong(file, look), [], `${file} ${look.width}`)
      for (const [, link = ""] of readFileSync(file, "utf8").matchAll(/(?:href|src)="([^"#]+)"/g)) {
        if (!link.startsWith("https://")) assert.isTrue(existsSync(join(file, "..", link)), `${file}: ${link}`)
      }
    }
  })

  it("a chart tells what lies under the pointer, as text", async () => {
    if (browser === undefined) throw new Error("no browser")
    const page = await browser.newPage({ viewport: { width: 900, height: 800 } })
    await page.goto(pathToFileURL(join(folder, "data/charts/price_chart.html")).href)
    await page.waitForFunction(`document.documentElement.dataset.drawn === "yes"`)
    await page.mouse.move(450, 300)
    await page.mouse.move(455, 300)
    await page.waitForFunction(`document.getElementById("tip").hidden === false`)
    const tip = await page.evaluate<{ readonly text: string; readonly images: number }>(
      `({ text: document.getElementById("tip").textContent, images: document.querySelectorAll("#tip img").length })`
    )
    assert.match(tip.text, /Day \(00:00 UTC\)\d{4}-\d\d-\d\d/)
    assert.include(tip.text, "</script><img")
    assert.strictEqual(tip.images, 0)
    await page.close()
  })
})
