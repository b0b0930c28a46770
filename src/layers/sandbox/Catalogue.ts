/**
 * The coins of the sandbox: twenty that wear familiar ids, so that the same commands work as on the live API, and the odd
 * ones that a real market also has. No figure here is a quotation: prices and supplies give plausible magnitudes, and every
 * name says that it is synthetic.
 */
import { Option } from "effect"
import { dayFrom, HORIZON, ORIGIN } from "./Calendar.ts"

/** Coins of one sector share a factor beside the market's. */
export const sectors = {
  "store-of-value": { name: "Synthetic Store of Value", deviation: 0.006 },
  "smart-contract-platform": { name: "Synthetic Smart Contract Platforms", deviation: 0.012 },
  payments: { name: "Synthetic Payments", deviation: 0.011 },
  "decentralized-finance": { name: "Synthetic Decentralized Finance", deviation: 0.014 },
  "meme-token": { name: "Synthetic Memes", deviation: 0.022 },
  stablecoins: { name: "Synthetic Stablecoins", deviation: 0 }
} as const
export type Sector = keyof typeof sectors

/**
 * What the data of an odd coin lacks: days (`gaps`), market caps for a week in each sixty days and volumes for two of them
 * (`null-caps`), or a verified supply (`zero-caps`: every market cap is 0 and there is no rank).
 */
export type Flaw = "none" | "gaps" | "null-caps" | "zero-caps"

export interface Coin {
  readonly id: string
  readonly symbol: string
  readonly name: string
  readonly sector: Sector
  /** USD, the level that the price wanders about. */
  readonly price: number
  readonly supply: number
  /** How much of the market's move it makes. */
  readonly beta: number
  /** The deviation of its own daily moves. */
  readonly own: number
  /** Days after which its own moves are forgotten: a peg has a short memory. */
  readonly memory: number
  /** Volume of an ordinary day as a share of the market cap. */
  readonly turnover: number
  /** Its first day, and the first day on which it is gone. */
  readonly listed: number
  readonly delisted: number
  readonly flaw: Flaw
}

/** All coins that are ever listed. */
export const coins = (): ReadonlyArray<Coin> => [
  coin("bitcoin", "btc", "Bitcoin", "store-of-value", 64_000, 19.9e6, 1, 0.011, 0.03),
  coin("ethereum", "eth", "Ethereum", "smart-contract-platform", 2_900, 120.6e6, 1.2, 0.015, 0.05),
  coin("tether", "usdt", "Tether", "stablecoins", 1, 141e9, 0, 0.0006, 0.5, { memory: 3 }),
  coin("binancecoin", "bnb", "BNB", "smart-contract-platform", 640, 139e6, 0.95, 0.014, 0.02),
  coin("ripple", "xrp", "XRP", "payments", 1.6, 59e9, 1.1, 0.022, 0.04),
  coin("solana", "sol", "Solana", "smart-contract-platform", 150, 540e6, 1.4, 0.024, 0.05),
  coin("usd-coin", "usdc", "USDC", "stablecoins", 1, 58e9, 0, 0.0004, 0.2, { memory: 3 }),
  coin("dogecoin", "doge", "Dogecoin", "meme-token", 0.16, 150e9, 1.3, 0.024, 0.06),
  coin("tron", "trx", "TRON", "payments", 0.24, 94e9, 0.7, 0.015, 0.03),
  coin("cardano", "ada", "Cardano", "smart-contract-platform", 0.55, 36e9, 1.3, 0.025, 0.03),
  coin("chainlink", "link", "Chainlink", "decentralized-finance", 16, 660e6, 1.35, 0.027, 0.05),
  coin("avalanche-2", "avax", "Avalanche", "smart-contract-platform", 22, 425e6, 1.4, 0.028, 0.04),
  coin("bitcoin-cash", "bch", "Bitcoin Cash", "store-of-value", 420, 19.9e6, 1.1, 0.027, 0.04),
  coin("stellar", "xlm", "Stellar", "payments", 0.24, 31.5e9, 1.1, 0.028, 0.03),
  coin("shiba-inu", "shib", "Shiba Inu", "meme-token", 1.2e-5, 589e12, 1.35, 0.029, 0.04),
  coin("litecoin", "ltc", "Litecoin", "store-of-value", 88, 76e6, 1.1, 0.024, 0.06),
  coin("polkadot", "dot", "Polkadot", "smart-contract-platform", 4.2, 1.55e9, 1.3, 0.025, 0.03),
  coin("uniswap", "uni", "Uniswap", "decentralized-finance", 7.5, 600e6, 1.35, 0.03, 0.05),
  coin("monero", "xmr", "Monero", "store-of-value", 230, 18.4e6, 0.8, 0.023, 0.02),
  coin("aave", "aave", "Aave", "decentralized-finance", 190, 15.2e6, 1.4, 0.028, 0.08),
  coin("sandbox-gaps", "gap", "With Missing Days", "payments", 3.1, 500e6, 1, 0.03, 0.03, { flaw: "gaps" }),
  coin("sandbox-null-caps", "nul", "With Null Caps", "decentralized-finance", 0.84, 1.4e9, 1.2, 0.03, 0.03, { flaw: "null-caps" }),
  coin("sandbox-zero-caps", "zer", "With Unverified Supply", "meme-token", 0.0172, 9e9, 1.2, 0.04, 0.05, { flaw: "zero-caps" }),
  coin("sandbox-tiny", "tiny", "Tiny Price", "meme-token", 3.7e-11, 5.6e18, 1.2, 0.035, 0.04),
  coin("sandbox_Mixed_Case", "MiX", "Mixed Case", "payments", 1.37, 90e6, 1, 0.03, 0.02),
  {
    ...coin("sandbox-script", "scr", "", "meme-token", 0.42, 250e6, 1.1, 0.03, 0.03),
    name: "Synthetic </script><img src=x onerror=alert(1)>"
  },
  {
    ...coin("sandbox-formula", "=1+1", "", "meme-token", 0.067, 1.2e9, 1.1, 0.03, 0.03),
    name: "=HYPERLINK(\"http://sandbox.invalid\",\"Synthetic\")"
  },
  ...newcomers()
]

// helpers

const coin = (
  id: string,
  symbol: string,
  name: string,
  sector: Sector,
  price: number,
  supply: number,
  beta: number,
  own: number,
  turnover: number,
  odd: Partial<Coin> = {}
): Coin => ({
  id,
  symbol,
  name: `Synthetic ${name}`,
  sector,
  price,
  supply,
  beta,
  own,
  turnover,
  memory: 250,
  listed: ORIGIN,
  delisted: HORIZON,
  flaw: "none",
  ...odd
})

/**
 * One each year on 20 May, gone two years later: so whatever the date, exactly one coin was listed within the last 365 days,
 * one more is younger than two years, and some have left the list.
 */
const newcomers = (): ReadonlyArray<Coin> => {
  const may = (year: number) => Option.getOrElse(dayFrom(String(year), "05", "20"), () => HORIZON)
  return Array.from({ length: 2098 - 2017 }, (_, i) => 2017 + i).map((year) =>
    coin(`sandbox-newcomer-${year}`, `new${year % 100}`, `Newcomer of ${year}`, "decentralized-finance", 2.6, 900e6, 1.4, 0.04, 0.09, {
      listed: may(year),
      delisted: may(year + 2)
    })
  )
}
