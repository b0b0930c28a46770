/**
 * The chart layer starts `./chartWorker.js` beside itself: in the bundle that is an entry of its own, in the library it is this one line.
 */
import { existsSync, writeFileSync } from "node:fs"

const folder = new URL("../dist/lib/layers/chart/", import.meta.url)

if (existsSync(new URL("worker.js", folder))) writeFileSync(new URL("chartWorker.js", folder), `import "./worker.js"\n`)
