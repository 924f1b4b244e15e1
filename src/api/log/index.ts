import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import {
  consistencyProof,
  entriesFrom,
  inclusionProof,
  leafHash,
  logHead,
  signedCheckpoint,
  verifierKey,
} from '#domain/transparency'
import { packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { limited, MINUTE_MS } from '../limits.ts'
import { LogQueryIsInvalid } from './errors.ts'
import { openSigner } from './signer.ts'

const MOST_ENTRIES = 1000
/** Of one network. A full download of 100,000 entries needs 100 requests. */
const REQUESTS_A_MINUTE = 300
const MAX_BIGINT = Number.MAX_SAFE_INTEGER

const index = z.coerce.number().int().min(0).max(MAX_BIGINT)
const feedQuery = z.object({
  from: index.default(0),
  limit: z.coerce.number().int().min(1).max(MOST_ENTRIES).default(100),
  package: packageName.optional(),
  zip: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
const inclusionQuery = z.object({ leaf: index, size: index.optional() })
const consistencyQuery = z.object({ from: index, to: index.optional() })

export interface LogOptions {
  db: Db
  secrets: Secrets
  publicUrl: string
}

/**
 * What programs read of the transparency log: signed heads, entries and proofs. Everything is public, so any site may
 * read it. Hashes are hexadecimal, except in a checkpoint.
 */
export async function transparencyLog(
  app: FastifyInstance,
  { db, secrets, publicUrl }: LogOptions,
): Promise<void> {
  const name = `${new URL(publicUrl).host}/log`
  const signer = openSigner({ db, secrets })
  await app.register(rateLimit, limited(REQUESTS_A_MINUTE, MINUTE_MS))
  app.addHook('onSend', async (_, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'no-cache' })
  })

  app.get('/log/key', async (_, reply) =>
    sendText(reply, `${verifierKey(name, (await signer()).publicKey)}\n`),
  )
  app.get('/log/head', async (_, reply) =>
    sendText(reply, signedCheckpoint(name, await logHead(db), await signer())),
  )

  app.get('/log.json', async ({ query }) => {
    const { from, limit, package: named, zip } = parsed(feedQuery, query)
    const { size } = await logHead(db)
    // one more than asked, which shows whether there are more
    const found = await entriesFrom(db, { from, limit: limit + 1, package: named, zipSha256: zip })
    const entries = found.slice(0, limit)
    const next = found[limit]
    const filter = {
      limit,
      ...(named !== undefined && { package: named }),
      ...(zip !== undefined && { zip }),
    }
    return {
      size,
      entries,
      next: next ? urlOf(`${publicUrl}/log.json`, { from: next.leaf, ...filter }) : null,
    }
  })

  app.get('/log/inclusion', async ({ query }) => {
    const { leaf, size: wanted } = parsed(inclusionQuery, query)
    const { size, path } = await inclusionProof(db, { leaf, size: wanted })
    const [entry] = await entriesFrom(db, { from: leaf, limit: 1 })
    const body = entry?.body ?? ''
    return { leaf, size, body, leaf_hash: leafHash(body).toString('hex'), path: path.map(hex) }
  })

  app.get('/log/consistency', async ({ query }) => {
    const { from, to: wanted } = parsed(consistencyQuery, query)
    const { to, path } = await consistencyProof(db, { from, to: wanted })
    return { from, to, path: path.map(hex) }
  })
}

const hex = (hash: Buffer): string => hash.toString('hex')

const sendText = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type('text/plain; charset=utf-8').send(text)

function urlOf(path: string, query: Record<string, string | number>): string {
  const fields = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) fields.set(key, String(value))
  return `${path}?${fields.toString()}`
}

function parsed<T>(schema: z.ZodType<T>, query: unknown): T {
  const { data, error } = schema.safeParse(query)
  if (!error) return data
  throw new LogQueryIsInvalid(error.issues[0]?.path.join('.') ?? 'query')
}
