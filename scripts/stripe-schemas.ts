// npm run stripe:schemas: generates JSON Schema for the calls of the Stripe stand-in, from the installed SDK's types
import fs from 'node:fs'
import { loadSchemas } from '../sandbox/stripe/schemas.ts'

const CACHE = '.data/stripe-schemas'

fs.rmSync(CACHE, { recursive: true, force: true })
const { sdkVersion, apiVersion, scanned, routes, definitions } = await loadSchemas(CACHE)
console.log(`stripe ${sdkVersion}, API ${apiVersion}: ${scanned} calls in the SDK,`)
console.log(
  `${routes.length} of the resources that the stand-in supports, ${Object.keys(definitions).length} definitions`,
)
