/**
 * The first run of a process: of the floor, or of the engine. Prints what it took. What the modules and the assets' definitions
 * left behind is collected before (`--expose-gc`): it is theirs.
 */
import { engine, floor, inMemory, time } from "./step.ts"

const first = process.argv[2] === "floor" ? await floor() : inMemory(engine())
gc?.()
console.log(JSON.stringify(await time(first)))
