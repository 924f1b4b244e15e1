import Stripe from 'stripe'
import { freePort } from '../../sandbox/engines/process.ts'
import { goInstall, type Peer, startPeer } from './peer.ts'

/** Stripe's own stand-in. It knows the shapes of requests and answers, and no state and no money. */
export const STRIPE_MOCK: Peer = {
  name: 'stripe-mock',
  version: '0.203.0',
  takes: 'about 10 seconds, 33 MB',
  build: (folder) => goInstall('github.com/stripe/stripe-mock@v0.203.0', folder),
}

export async function startStripeMock(
  program: string,
): Promise<{ stripe: Stripe; stop: () => Promise<void> }> {
  const [http, https] = [await freePort(), await freePort()]
  // without an address for https it listens on all addresses
  const args = ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`]
  const { stop } = await startPeer(program, {
    args,
    readyAt: `http://127.0.0.1:${http}/`,
    isReady: ({ status }) => status === 401, // it wants a key
  })
  return { stripe: sdkOn(http), stop }
}

const sdkOn = (port: number) =>
  new Stripe('sk_test_mock', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  })
