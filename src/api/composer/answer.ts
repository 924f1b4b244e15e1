import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { chain, type MaybePromise } from '#kernel/maybe-promise'
import { type Bodies, bodyOf } from './bodies.ts'

export type Answer = JsonAnswer | ZipAnswer

export interface JsonAnswer {
  status: number
  /** The body, or a function that makes it. The function runs only when the client has no current copy. A Buffer is JSON. */
  body: object | (() => Promise<object>)
  /**
   * A hash of everything that the body shows. The client gets a part of the hash, and sends it back with later
   * requests.
   */
  digest?: string | undefined
  headers?: Record<string, string>
}

export interface ZipAnswer {
  status: 200
  content: Buffer | Readable
  /** Size. */
  bytes: number
}

/**
 * Sends an answer with the headers that Composer needs. It prints a `warning` only when the content type is exactly
 * `application/json`: Fastify adds a charset unless it gets a Buffer.
 */
export function send(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  /** The rendered bodies. Used for an answer with a digest. */
  bodies?: Bodies,
): MaybePromise<FastifyReply> {
  reply.headers({ 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' })
  if ('content' in answer)
    return reply
      .code(answer.status)
      .headers({ 'content-type': 'application/zip', 'content-length': answer.bytes })
      .send(answer.content)
  const { status, digest, headers = {} } = answer
  reply.code(status).headers(headers)
  if (digest) {
    // opaque to the client, so it is only compared for equality
    const validator = `rev-${digest.slice(0, 16)}`
    reply.header('last-modified', validator)
    if (request.headers['if-modified-since'] === validator) return reply.code(304).send()
  }
  const make = () => (typeof answer.body === 'function' ? answer.body() : answer.body)
  return chain(digest && bodies ? bodies.of(digest, make) : bodyOf(make), ({ plain, gzipped }) => {
    reply.header('content-type', 'application/json')
    if (!gzipped || !acceptsGzip(request)) return reply.send(plain)
    return reply.header('content-encoding', 'gzip').send(gzipped)
  })
}

const acceptsGzip = ({ headers }: FastifyRequest) =>
  /(^|[\s,])gzip\s*(,|$|;(?!\s*q=0(\.0*)?\s*(,|$)))/i.test(String(headers['accept-encoding'] ?? ''))

const MAX_LENGTH = 300

/** A refusal that Composer prints. `step` says what to do about it, with a URL. */
export const warning = (
  status: number,
  fact: string,
  { step, headers }: { step?: string | undefined; headers?: Record<string, string> } = {},
): JsonAnswer => ({ status, body: { warning: message(fact, step) }, ...(headers && { headers }) })

/** A message that Composer prints with a good answer: https://getcomposer.org/doc/05-repositories.md#warning-infos */
export const info = (text: string) => ({ versions: '*', message: text })

/**
 * Makes one line of at most 300 characters, without terminal markup. When it is too long, the fact is cut and not the
 * step.
 */
export function message(fact: string, step = ''): string {
  const shownFact = shownInTerminal(fact)
  const shownStep = shownInTerminal(step)
  return shownStep
    ? `${shownFact.slice(0, MAX_LENGTH - shownStep.length - 1)} ${shownStep}`
    : shownFact.slice(0, MAX_LENGTH)
}

const shownInTerminal = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}<>]/gu, ' ').trim()

/** Only for packages that we do not sell, because Composer then tries the next repository. */
export const notFound: JsonAnswer = { status: 404, body: {} }
