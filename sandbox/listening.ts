import type net from 'node:net'

/**
 * Listens at a port of the loopback address, or at a free one when another program has that port. Returns the port.
 * Only the attempt itself shows whether a port is free: two sandboxes that start together both find the usual one free.
 */
export async function listening(server: net.Server, port: number): Promise<number> {
  await attempt(server, port).catch((e: NodeJS.ErrnoException) => {
    if (e.code !== 'EADDRINUSE') throw e
    return attempt(server, 0)
  })
  return (server.address() as net.AddressInfo).port
}

function attempt(server: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
