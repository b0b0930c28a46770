/**
 * What a result's file is called: `<asset>[--<slug>-<8 hex of sha256(subject)>][--<partition>]`, without an extension.
 *
 * The slug is for people, the hash keeps apart subjects that look alike (case, Unicode twins, cut names). Whatever
 * the subject is, the name holds only `[a-z0-9_-]`, and is no longer than a file system takes.
 */
import { createHash } from "node:crypto"

export interface Of {
  readonly subject?: string | undefined
  readonly partition?: string | undefined
}

export const fileName = (asset: string, { subject, partition }: Of = {}): string =>
  [
    plain(asset, 80),
    ...(subject === undefined ? [] : [`${slug(subject)}-${createHash("sha256").update(subject).digest("hex").slice(0, 8)}`]),
    ...(partition === undefined ? [] : [plain(partition, 40)])
  ].join("--")

/** 1 to 60 of `[a-z0-9-]`; what has no such letter is called `x`. */
export const slug = (text: string): string => words(text.normalize("NFKD"), /[^a-z0-9]+/g, 60) || "x"

// helpers

/** Our own names keep their underscores. */
const plain = (text: string, length: number) => words(text, /[^a-z0-9_]+/g, length) || "x"

const words = (text: string, other: RegExp, length: number) =>
  text.toLowerCase().replace(/\p{M}/gu, "").replace(other, "-").replace(/^-+/, "").slice(0, length).replace(/-+$/, "")
