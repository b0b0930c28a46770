/** The crypto pipeline as a value: its assets, the jobs that name what is usually wanted together, and what asks for them in time. */
import * as Job from "./engine/Job.ts"
import * as Pipeline from "./engine/Pipeline.ts"
import * as assets from "./assets/index.ts"
import * as schedules from "./schedules/index.ts"
import * as sensors from "./sensors/index.ts"

const jobs = [
  Job.make("crypto_metadata_job", { about: "Which coins there are", assets: [assets.coinList] }),
  Job.make("crypto_market_data_job", {
    about: "The market now",
    assets: [assets.marketSnapshot, assets.globalMarket, assets.marketOverview, assets.marketReport]
  }),
  Job.make("crypto_price_history_job", { about: "Daily prices of the tracked coins", assets: [assets.priceHistory] }),
  Job.make("crypto_analytics_job", {
    about: "What follows from the prices",
    assets: [
      assets.dailyReturns,
      assets.priceTrends,
      assets.coinStatistics,
      assets.correlationMatrix,
      assets.monthlyPrices,
      assets.monthToDate,
      assets.monthlyRanking,
      assets.indexedPrices,
      assets.marketIndex,
      assets.dominance,
      assets.rollingCorrelation,
      assets.returnDistribution,
      assets.priceChart,
      assets.coinComparison,
      assets.coinChart,
      assets.calendarChart,
      assets.trendChart,
      assets.volatilityChart,
      assets.drawdownChart,
      assets.rsiChart,
      assets.correlationChart,
      assets.monthlyChart,
      assets.dominanceChart,
      assets.indexChart,
      assets.rollingChart,
      assets.distributionChart
    ]
  }),
  Job.make("crypto_monthly_report_job", { about: "Each month that has ended, in one page", assets: [assets.monthlyReport] })
] as const

const [metadata, marketData, priceHistory, analytics, monthlyReports] = jobs

export const pipeline = Pipeline.make("crypto", {
  assets: Object.values(assets),
  jobs,
  schedules: [
    schedules.metadataWeekly(metadata),
    schedules.marketDataDaily(marketData),
    schedules.priceHistoryDaily(priceHistory),
    schedules.analyticsAfterPrices(analytics, priceHistory),
    schedules.monthlyReportOnTheFirst(monthlyReports)
  ],
  sensors: [
    sensors.priceMovement({ runs: [marketData] }),
    sensors.dataAvailability,
    sensors.newListing([marketData]),
    sensors.runFailureWebhook,
    sensors.runFailureCommand,
    sensors.lateWebhook(Object.values(assets)),
    sensors.lateCommand(Object.values(assets))
  ]
})
