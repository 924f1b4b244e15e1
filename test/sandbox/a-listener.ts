import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Delivery {
  /** The bytes as they arrived. */
  body: Buffer
  signature: string
  at: number
}

export interface Listener {
  url: string
  received: Delivery[]
  /** Sets the HTTP status of all further responses. */
  respondWith: (status: number) => void
  /** Resolves when this many deliveries have arrived in total. */
  until: (count: number) => Promise<void>
  stop: () => void
}

/** A small server that keeps the webhooks it receives. */
export async function aListener(): Promise<Listener> {
  const received: Delivery[] = []
  let status = 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const signature = String(request.headers['stripe-signature'])
      received.push({ body: Buffer.concat(chunks), signature, at: Date.now() })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    respondWith(next) {
      status = next
    },
    async until(count) {
      while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
