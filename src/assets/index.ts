/** The crypto pipeline's assets, by distance from the source. Adding one is its file and a line here. */
export { marketOverview } from "./charts/marketOverview.ts"
export { priceChart } from "./charts/priceChart.ts"
export { dailyReturns } from "./derived/dailyReturns.ts"
export { coinList } from "./raw/coinList.ts"
export { marketSnapshot } from "./raw/marketSnapshot.ts"
export { priceHistory } from "./raw/priceHistory.ts"
