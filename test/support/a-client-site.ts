import fs from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import path from 'node:path'
import type { AddressInfo } from 'node:net'
import { isSpecialAddress, publicFetchWith } from '#platform/public-fetch'

const CERTIFICATES = path.resolve(import.meta.dirname, 'certificates')
const certificate = (ending: string) =>
  fs.readFileSync(path.join(CERTIFICATES, `client-example.${ending}`), 'utf8')

/** `https://client.example` on this machine. `fetch` reaches it as if it were on the internet. */
export async function aClientSite(answer: RequestListener) {
  const requests = { count: 0 }
  const server = createServer({ key: certificate('key'), cert: certificate('crt') }, (request, response) => {
    requests.count++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 })
  return {
    requests,
    /** Only `client.example` is here. Other special addresses are refused as always. */
    fetch: publicFetchWith({
      resolve: async (host) => [at(host === 'client.example' ? '127.0.0.1' : '10.0.0.1')],
      isRefused: (address) => address !== '127.0.0.1' && isSpecialAddress(address),
      ca: certificate('crt'),
      port,
      patienceMs: 1_000,
    }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
