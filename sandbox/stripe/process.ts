// The Stripe stand-in as a process of its own, so that it can be killed. Ends with the process that started it.
import { startStripe } from './index.ts'

const { STRIPE_PORT, STRIPE_DIR, STRIPE_SCHEMAS, WEBHOOK_URL, WEBHOOK_SECRET } = process.env
if (!STRIPE_DIR || !STRIPE_SCHEMAS || !WEBHOOK_URL || !WEBHOOK_SECRET)
  throw new Error('the stand-in needs its folder, its schemas and its webhook')

process.on('disconnect', () => process.exit(0))
const standIn = await startStripe({
  port: Number(STRIPE_PORT),
  dir: STRIPE_DIR,
  schemaCache: STRIPE_SCHEMAS,
  webhook: { url: WEBHOOK_URL, secret: WEBHOOK_SECRET },
})
process.send?.({ ready: standIn.url })
