/** The command `crypto`: importing this file runs it. */
import * as CommandLine from "./CommandLine.ts"
import { options, pipeline } from "./crypto.ts"

CommandLine.run(pipeline, options)
