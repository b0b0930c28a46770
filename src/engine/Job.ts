/** A job is a name for assets that are brought up to date together. */
import type * as Asset from "./Asset.ts"

export interface Job<out Name extends string, out Target extends Asset.Any> {
  readonly name: Name
  readonly about: string
  readonly assets: ReadonlyArray<Target>
}

export type Any = Job<string, Asset.Any>

export const make = <const Name extends string, const Assets extends ReadonlyArray<Asset.Any>>(
  name: Name,
  options: { readonly about: string; readonly assets: Assets }
): Job<Name, Assets[number]> => ({ name, ...options })
