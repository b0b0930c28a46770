/**
 * The sandbox: a synthetic market behind CoinGecko's HTTP contract, in this process (`fetchOf`) or on a loopback port (`serve`).
 * One seed is one market: a figure for a coin and a day is the same on every machine, whenever and in whatever order it is asked.
 */
export { make, type Sandbox } from "./sandbox/Endpoints.ts"
export { fetchOf } from "./sandbox/Fetch.ts"
export { CannotListen, PortTaken, SandboxError, serve } from "./sandbox/Server.ts"
