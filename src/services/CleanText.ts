/**
 * Text from elsewhere is made harmless once, where it comes in: no control characters, no lone surrogates, no bidirectional
 * overrides, and never longer than the place it is meant for. What a reader would see is kept as it is.
 */
import { Schema, SchemaTransformation } from "effect"

/** `text` without what could steer a terminal, a renderer or a spreadsheet; line breaks and tabs become one blank. */
export const cleanText = (text: string, max: number): string => {
  if (text.length <= max && plain.test(text)) return text
  const clean = text.replace(breaks, " ").replace(unsafe, "").trim()
  return clean.length <= max ? clean : clean.slice(0, max).replace(unsafe, "")
}

/** A string that is cleaned as it is decoded. */
export const CleanText = (max: number) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: (text) => cleanText(text, max), encode: (text) => text }))
  )

// helpers

/** Most text is ASCII that prints, with no blank at its ends: it is as it shall be. */
const plain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

/** Tab, line feed, carriage return, next line, line and paragraph separators. */
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g

/** C0, DEL and C1 controls, bidirectional marks, embeddings, overrides and isolates, byte order mark, lone surrogates. */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu
