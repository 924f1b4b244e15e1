import path from 'node:path'
import { NativeConnection, TransportError } from '@temporalio/worker'
import { SEARCH_ATTRIBUTES } from '#contracts/messages'
import { type Config, ConfigRefused, type Queue } from './config.ts'
import { refuseWithoutNamespace } from './temporal-namespace.ts'

/** How long the steps that run may go on after SIGTERM. In docker-compose.yml, `stop_grace_period` is longer. */
const GRACE = { payments: '60s', 'git-ingest': '300s' } as const satisfies Record<Queue, string>

export const graceOf = (queue: Queue, { NODE_ENV }: Pick<Config, 'NODE_ENV'>) =>
  NODE_ENV === 'production' ? GRACE[queue] : '10s'

/** Throws `ConfigRefused` when no Temporal answers, or it is not made for our runs. */
export async function connectedTo(at: { address: string; namespace: string }): Promise<NativeConnection> {
  const connection = await connected(at.address)
  try {
    await refuseWithoutNamespace(connection, at, SEARCH_ATTRIBUTES)
    return connection
  } catch (e) {
    await connection.close()
    throw e
  }
}

async function connected(address: string): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address })
  } catch (e) {
    if (!(e instanceof TransportError)) throw e
    const sentence = `No Temporal answers at ${address}: start it, or correct TEMPORAL_ADDRESS.`
    throw new ConfigRefused(sentence, { cause: e })
  }
}

/** Uses a bundle that was made before, or else the sources. Bundling takes more than a second. */
export function workflowsIn(bundle: string | undefined) {
  if (bundle) return { workflowBundle: { codePath: bundle } }
  // not URL.pathname, which keeps %20 for a space
  return { workflowsPath: path.resolve(import.meta.dirname, '../workflows/index.ts') }
}
