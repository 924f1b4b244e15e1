import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '#kernel/errors'
import { isReading } from './session.ts'

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
 * Refuses requests to this scope that were not meant for our name (DNS rebinding), and forms that a page of another
 * site has sent (https://www.w3.org/TR/fetch-metadata/; `Origin` where a browser does not tell).
 */
export function refuseOtherSites(app: FastifyInstance, publicUrl: string): void {
  const { protocol, hostname } = new URL(publicUrl)
  const ours = LOOPBACK.includes(hostname) ? LOOPBACK : [hostname]
  app.addHook('onRequest', async (request) => {
    const { host } = request.headers
    const called = host && URL.parse(`${protocol}//${host}`)
    if (!called || !ours.includes(called.hostname)) throw new UnknownHost()
    if (!isReading(request) && !isFromUs(request, called.origin)) throw new ForeignForm()
  })
}

function isFromUs({ headers }: FastifyRequest, own: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === undefined || headers.origin === own
}
