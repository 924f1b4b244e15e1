import { isIP, isIPv4 } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

/** What a request says about where it comes from. `ip`: behind trusted proxies, the text that they report. */
export interface FromClient {
  ip?: string | undefined
  socket?: { remoteAddress?: string | undefined } | undefined
}

/** All requests without any readable address. A socket that is closed already has none. */
const NOWHERE = 'unknown'

/**
 * The address of a client as Postgres can store it: without port, brackets and zone. Undefined when a proxy reports
 * something else, or when the client is gone.
 */
export function addressOf({ ip = '' }: FromClient): string | undefined {
  if (isIPv4(ip)) return ip
  const bare = /^\[([^\]]*)\](?::\d*)?$/.exec(ip)?.[1] ?? /^(\d[\d.]*):\d*$/.exec(ip)?.[1] ?? ip
  const address = bare.replace(/%.*$/, '')
  return isIP(address) ? address : undefined
}

/** The network of a client: an IPv4 address, or an IPv6 /64. Whoever sends no readable address shares one. */
export const networkOf = (client: FromClient): string => networkWith(client, 64)

/**
 * The network by which requests are counted: an IPv4 address, or an IPv6 /48, because whoever has one address may have
 * 65,536 networks.
 */
export const countedNetworkOf = (client: FromClient): string => networkWith(client, 48)

function networkWith(client: FromClient, bits: number): string {
  // the address of the proxy stands for clients whose own address it does not report
  const address = addressOf(client) ?? addressOf({ ip: client.socket?.remoteAddress })
  if (address === undefined) return NOWHERE
  return isIPv4(address) ? address : normalizeIP(address, bits)
}
