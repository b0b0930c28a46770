/** Tells versions of one thing apart: SHA-256, in hex. */
import { createHash } from "node:crypto"

export const contentHash = (text: string): string => createHash("sha256").update(text).digest("hex")
