import { it } from "@effect/vitest"
import { interruptions, world } from "./queueing.ts"

for (const seed of [1, 2, 3]) {
  it.effect(`after a thousand interruptions at random (seed ${seed}) nothing is held, and nothing runs`, () =>
    world(interruptions(1000, seed)))
}
