import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Bodies, bodyOf } from './bodies.ts'

export type Answer = JsonAnswer | ZipAnswer

export interface JsonAnswer {
  status: number
  /** Or what makes it, asked only when the client has no copy that is still right. */
  body: object | (() => Promise<object>)
  /** Says all that the body is made of; the client gets a part of it and sends that back as it came. */
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
 * Sends with the headers Composer needs. It prints a `warning` only when the content type is exactly
 * `application/json`: Fastify adds a charset unless it gets a Buffer.
 */
export async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  /** Where one with a digest may be rendered already. */
  bodies?: Bodies,
): Promise<FastifyReply> {
  reply.headers({ 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' })
  if ('content' in answer)
    return reply
      .code(answer.status)
      .headers({ 'content-type': 'application/zip', 'content-length': answer.bytes })
      .send(answer.content)
  const { status, digest, headers = {} } = answer
  reply.code(status).headers(headers)
  if (digest) {
    // opaque to the client, so compared for equality alone
    const validator = `rev-${digest.slice(0, 16)}`
    reply.header('last-modified', validator)
    if (request.headers['if-modified-since'] === validator) return reply.code(304).send()
  }
  const make = () => (typeof answer.body === 'function' ? answer.body() : answer.body)
  const { plain, gzipped } = await (digest && bodies ? bodies.of(digest, make) : bodyOf(make))
  reply.header('content-type', 'application/json')
  if (!gzipped || !acceptsGzip(request)) return reply.send(plain)
  return reply.header('content-encoding', 'gzip').send(gzipped)
}

const acceptsGzip = ({ headers }: FastifyRequest) =>
  /(^|[\s,])gzip\s*(,|$|;(?!\s*q=0(\.0*)?\s*(,|$)))/i.test(String(headers['accept-encoding'] ?? ''))

const LONGEST = 300

/** A refusal that Composer prints; `step`: what to do about it, with a URL. */
export const warning = (
  status: number,
  fact: string,
  { step, headers }: { step?: string | undefined; headers?: Record<string, string> } = {},
): JsonAnswer => ({ status, body: { warning: message(fact, step) }, ...(headers && { headers }) })

/** A message that Composer prints with a good answer: https://getcomposer.org/doc/05-repositories.md#warning-infos */
export const info = (text: string) => ({ versions: '*', message: text })

/** One line of 300 characters without mark-up of Composer's terminal; when it gets too long, the step stays whole. */
export function message(fact: string, step = ''): string {
  const told = shownInTerminal(fact)
  const todo = shownInTerminal(step)
  return todo ? `${told.slice(0, LONGEST - todo.length - 1)} ${todo}` : told.slice(0, LONGEST)
}

const shownInTerminal = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}<>]/gu, ' ').trim()

/** Composer tries the next repository then, so this is for what we do not sell only. */
export const notFound: JsonAnswer = { status: 404, body: {} }
