export { dataAvailability } from "./dataAvailability.ts"
export { newListing } from "./newListing.ts"
export { priceMovement } from "./priceMovement.ts"
export { runFailureCommand, runFailureWebhook } from "./runFailure.ts"
