/** The first run of a process: of the floor, or of the engine. Prints what it took. */
import { engine, floor, inMemory, time } from "./step.ts"

console.log(JSON.stringify(await time(process.argv[2] === "floor" ? await floor() : inMemory(engine()))))
