import { assert, describe, it } from "@effect/vitest"
import { dated, escape, html, trusted } from "../../src/services/Html.ts"

describe("markup", () => {
  it("takes what is put in as text, in elements and in attributes", () => {
    const bad = `</script><img src=x onerror='alert(1)'>"&\``
    assert.strictEqual(html`<p title="${bad}">${bad}</p>`.markup, `<p title="${escape(bad)}">${escape(bad)}</p>`)
    assert.notMatch(escape(bad), /[<>"'`]/)
    assert.strictEqual(escape("&amp;"), "&#38;amp;")
  })

  it("takes markup as markup, and many in order", () => {
    assert.strictEqual(html`<ul>${["a<", html`<li>${1}</li>`, trusted("<hr>")]}</ul>`.markup, "<ul>a&#60;<li>1</li><hr></ul>")
  })

  it("leaves no trace of what is missing, and keeps 0", () => {
    assert.strictEqual(html`${null}${undefined}${false}${0}${""}`.markup, "0")
  })

  it("keeps a date on one line", () => {
    assert.strictEqual(dated("<b> 2026-11-01 to 2026-12: 12026-11-012").markup,
      "&#60;b&#62; <time>2026-11-01</time> to <time>2026-12</time>: 12026-11-012")
  })

  it("is no markup for looking like it", () => {
    assert.strictEqual(html`${JSON.stringify({ markup: "<b>" })}`.markup, "{&#34;markup&#34;:&#34;&#60;b&#62;&#34;}")
  })
})
