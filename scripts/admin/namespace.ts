import { SEARCH_ATTRIBUTES } from '#contracts/messages'
import type { Command } from './command.ts'

export const NAMESPACE: Command = {
  usage: 'create-namespace',
  does: 'makes the namespace TEMPORAL_NAMESPACE and its search attributes at TEMPORAL_ADDRESS; what exists stays',
  async run() {
    // loaded only here, because it is slow to load
    const { makeNamespace } = await import('#platform/temporal-namespace')
    const address = process.env.TEMPORAL_ADDRESS || '127.0.0.1:7233'
    const namespace = process.env.TEMPORAL_NAMESPACE || 'packagento'
    await makeNamespace({ address, namespace }, SEARCH_ATTRIBUTES)
    console.log(`The Temporal at ${address} has the namespace ${namespace} with all search attributes.`)
    return true
  },
}
