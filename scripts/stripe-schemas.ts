// npm run stripe:schemas: JSON Schema of the calls the Stripe stand-in answers, from the types of the installed SDK
import fs from 'node:fs'
import { loadSchemas } from '../sandbox/stripe/schemas.ts'

const CACHE = '.data/stripe-schemas'

fs.rmSync(CACHE, { recursive: true, force: true })
const { sdkVersion, apiVersion, scanned, routes, definitions } = loadSchemas(CACHE)
console.log(`stripe ${sdkVersion}, API ${apiVersion}: ${scanned} calls in the SDK,`)
console.log(`${routes.length} of the resources we answer for, ${Object.keys(definitions).length} definitions`)
