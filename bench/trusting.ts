// Our doors as in ours.ts, but a token is checked only at its first use: what the check of a token costs.
import { registerHooks } from 'node:module'

const CHECK = '/src/domain/connections/authenticate.ts'
const STAND_IN = new URL('remembered-tokens.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url.endsWith(CHECK) && context.parentURL !== STAND_IN ? { ...found, url: STAND_IN } : found
  },
})
await import('./ours.ts')
