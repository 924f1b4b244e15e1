import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '#kernel/errors'
import { isSafeMethod } from './session.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export class UnknownHost extends CodedError<'unknown_host'> {
  constructor() {
    super('not_allowed', 'unknown_host', 'This is not the name of this site.')
  }
}

export class ForeignForm extends CodedError<'foreign_form'> {
  constructor() {
    super('not_allowed', 'foreign_form', 'This form was sent by another site.')
  }
}

/**
 * Refuses requests of this scope whose Host is not ours (DNS rebinding). Refuses forms that another site has sent. It
 * recognises them by Fetch Metadata (https://www.w3.org/TR/fetch-metadata/), or by `Origin` when the browser sends no
 * metadata.
 */
export function refuseOtherSites(app: FastifyInstance, publicUrl: string): void {
  app.addHook('onRequest', async (request) => {
    const requested = requestedOf(request, publicUrl)
    if (!isSafeMethod(request) && !isFromUs(request, requested.origin)) throw new ForeignForm()
  })
}

/** Refuses only requests whose Host is not ours, for doors that other sites may call. */
export function refuseOtherHosts(app: FastifyInstance, publicUrl: string): void {
  app.addHook('onRequest', async (request) => void requestedOf(request, publicUrl))
}

function requestedOf({ headers: { host } }: FastifyRequest, publicUrl: string): URL {
  const { protocol, hostname } = new URL(publicUrl)
  const ours = LOOPBACK.includes(hostname) ? LOOPBACK : [hostname]
  const requested = host && URL.parse(`${protocol}//${host}`)
  if (!requested || !ours.includes(requested.hostname)) throw new UnknownHost()
  return requested
}

function isFromUs({ headers }: FastifyRequest, own: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === undefined || headers.origin === own
}
