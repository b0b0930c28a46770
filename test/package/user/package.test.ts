import { assert, it } from "@effect/vitest"
import * as pipeline from "crypto-pipeline"

it("the package has a surface, and its types came along", () => {
  assert.isNotEmpty(Object.keys(pipeline))
  // @ts-expect-error: a name that is not exported does not compile
  assert.isUndefined(pipeline.Nothing)
})
