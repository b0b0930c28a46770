/**
 * The page's own script, as text: it runs in a browser, under a policy that knows it by its hash.
 *
 * It draws the compiled spec with Vega's interpreter, shows tooltips as text, and fits the drawing to the page by its
 * width signals: Vega-Lite itself fits one view only, and cuts its legend where that takes more lines than at first.
 */
export const boot = `(() => {
"use strict"
const tip = document.getElementById("tip")
const refuse = () => Promise.reject(new Error("a chart loads nothing"))

const place = (event) => {
  const box = tip.getBoundingClientRect()
  const left = event.clientX + 14 + box.width > innerWidth ? event.clientX - 14 - box.width : event.clientX + 14
  const top = event.clientY + 14 + box.height > innerHeight ? event.clientY - 14 - box.height : event.clientY + 14
  tip.style.left = Math.max(4, left) + "px"
  tip.style.top = Math.max(4, top) + "px"
}
const tooltip = (_handler, event, _item, value) => {
  if (value === null || value === undefined || value === "") {
    tip.hidden = true
    return
  }
  tip.replaceChildren()
  if (typeof value === "object") {
    const list = document.createElement("dl")
    for (const [name, text] of Object.entries(value)) {
      const dt = document.createElement("dt")
      const dd = document.createElement("dd")
      dt.textContent = name
      dd.textContent = String(text)
      list.append(dt, dd)
    }
    tip.append(list)
  } else tip.textContent = String(value)
  tip.hidden = false
  place(event)
}

const draw = async (chart) => {
  const spec = JSON.parse(document.getElementById(chart.dataset.spec).textContent)
  const place = document.createElement("div")
  // it is described by its frame; what it is made of says nothing more
  place.setAttribute("aria-hidden", "true")
  const still = chart.firstElementChild
  chart.append(place)
  const view = new vega.View(vega.parse(spec, null, { ast: true }), {
    renderer: "svg",
    container: place,
    hover: true,
    expr: vegaInterpreter,
    loader: { options: {}, load: refuse, sanitize: refuse, http: refuse, file: refuse },
    logLevel: vega.Error,
    tooltip
  })
  const widths = (spec.signals || []).filter((s) => typeof s.value === "number" && /(^|_)(width|childWidth)$/.test(s.name))
  if (typeof spec.width === "number") widths.push({ name: "width", value: spec.width })
  const abreast = (spec.layout && spec.layout.columns) || Math.max(1, widths.length)
  const fit = async () => {
    for (const s of widths) view.signal(s.name, s.value)
    await view.resize().runAsync()
    for (let pass = 0; pass < 2; pass++) {
      const spare = chart.clientWidth - Number(place.querySelector("svg").getAttribute("width"))
      for (const s of widths) view.signal(s.name, Math.max(60, Math.floor(view.signal(s.name) + spare / abreast)))
      await view.resize().runAsync()
    }
  }
  await view.runAsync()
  if (still) still.remove()
  if (widths.length > 0) {
    await fit()
    let timer
    addEventListener("resize", () => {
      clearTimeout(timer)
      timer = setTimeout(fit, 100)
    })
  }
}

const all = [...document.querySelectorAll(".chart[data-spec]")]
Promise.all(all.map((chart) => draw(chart).catch((error) => {
  // what was drawn before stays; where nothing was, words stand
  if (!chart.querySelector("svg")) chart.textContent = "This chart could not be drawn here: " + error.message
  else if (chart.firstElementChild.tagName === "svg") chart.lastElementChild.remove()
  document.documentElement.dataset.failed = error.message
}))).then(() => {
  document.documentElement.dataset.drawn = "yes"
})
})()`
