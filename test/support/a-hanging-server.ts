import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import pg from 'pg'

/** A server that accepts connections and answers nothing, as a stopped process does. */
export async function aSilentServer() {
  const line = await aLineTo(undefined)
  line.hangs()
  return { address: `127.0.0.1:${line.port}`, close: () => line.close() }
}

/**
 * The database of this URL behind a line that may hang: then bytes are accepted and go nowhere, also on connections that
 * are open already. `works` delivers them and the connection goes on.
 */
export async function aLineToDatabase(databaseUrl: string) {
  const { host, port, user = '', database = '' } = new pg.Client({ connectionString: databaseUrl })
  const line = await aLineTo(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port })
  return { ...line, url: `postgres://${user}@127.0.0.1:${line.port}/${database}` }
}

async function aLineTo(target: NetConnectOpts | undefined) {
  const sockets = new Set<Socket>()
  let isHanging = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    if (isHanging) socket.pause()
    return socket
  }
  const server = createServer((near) => {
    keep(near)
    if (!target) return
    const far = keep(connect(target))
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    if (isHanging) for (const end of [near, far]) end.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    hangs() {
      isHanging = true
      for (const socket of sockets) socket.pause()
    },
    works() {
      isHanging = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
