import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

export type Answer = JsonAnswer | ZipAnswer

export interface JsonAnswer {
  status: number
  /** Or what makes it, asked only when the client has no copy that is still right. */
  body: object | (() => Promise<object>)
  /** Opaque to the client, which sends it back as it came; compared for equality alone. */
  validator?: string | undefined
  headers?: Record<string, string>
}

export interface ZipAnswer {
  status: 200
  stream: Readable
  /** Size. */
  bytes: number
}

const compress = promisify(gzip)
const WORTH_COMPRESSING = 512

/**
 * Sends with the headers Composer needs. It prints a `warning` only when the content type is exactly
 * `application/json`: Fastify adds a charset unless it gets a Buffer.
 */
export async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
): Promise<FastifyReply> {
  reply.headers({ 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' })
  if ('stream' in answer)
    return reply
      .code(answer.status)
      .headers({ 'content-type': 'application/zip', 'content-length': answer.bytes })
      .send(answer.stream)
  const { status, body, validator, headers = {} } = answer
  reply.code(status).headers(headers)
  if (validator) {
    reply.header('last-modified', validator)
    if (request.headers['if-modified-since'] === validator) return reply.code(304).send()
  }
  const text = Buffer.from(JSON.stringify(typeof body === 'function' ? await body() : body))
  reply.header('content-type', 'application/json')
  if (text.length < WORTH_COMPRESSING || !acceptsGzip(request)) return reply.send(text)
  return reply.header('content-encoding', 'gzip').send(await compress(text))
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
