/** A mistake on the command line, answered: what is wrong, what was perhaps meant, what is asked for, an example, and where to look. */
import { Option } from "effect"
import { CliError, CliOutput } from "effect/cli"
import { nearest } from "../engine/Selection.ts"
import { plain } from "./plain.ts"

type Invalid = Extract<CliOutput.Presenter.Event, { readonly _tag: "InvalidInvocation" }>

export const mistake = ({ commandPath, errors, helpDoc }: Invalid): string => {
  const flags = [...helpDoc.flags, ...helpDoc.inheritedFlags ?? [], ...helpDoc.globalFlags ?? []].map((_) => `--${_.name}`)
  // effect/cli suggests a command's own flags, and not those that stand with every command
  const known = errors.map((_) =>
    _._tag === "UnrecognizedOption" ? new CliError.UnrecognizedOption({ ..._, suggestions: nearest(_.option, flags) }) : _
  )
  const hints = errors.flatMap((error) => hint(error, helpDoc.args ?? []))
  const lacks = errors.some((_) => _._tag === "MissingArgument" || _._tag === "MissingOption")
  const examples = !lacks ? [] : (helpDoc.examples ?? []).slice(0, 3).map((_) => `  ${_.command}`)
  return [
    // effect/cli names its own check of a value
    plain(formatter.formatErrors(known)).trim().replaceAll("Expected: Schema validation failed: Expected", "Expected:"),
    ...hints,
    ...(examples.length === 0 ? [] : ["", "For example:", ...examples]),
    "",
    `See '${commandPath.join(" ")} --help'`
  ].join("\n")
}

// helpers

const formatter = CliOutput.defaultFormatter({ colors: false })

const hint = (error: CliError.NonShowHelpErrors, args: Invalid["helpDoc"]["args"]): ReadonlyArray<string> => {
  switch (error._tag) {
    case "InvalidValue":
      return meant(nearest(error.value, [...error.expected.matchAll(/"([^"]+)"/g)].map(([, word]) => word ?? "")))
    case "MissingArgument": {
      const about = args?.find((_) => _.name === error.argument)?.description ?? Option.none()
      return Option.match(about, { onNone: () => [], onSome: (_) => [`  ${error.argument}: ${plain(_)}`] })
    }
    default:
      return []
  }
}

const meant = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.length === 0 ? [] : ["", "  Did you mean this?", ...words.map((_) => `    ${plain(_)}`)]
