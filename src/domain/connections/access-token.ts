import { createHash, randomBytes } from 'node:crypto'
import type { ConnectionId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

export interface NewAccessToken {
  connection: ConnectionId
  /** The resource it is for, such as `https://market.example/mcp`. */
  aud: string
  /** Only when narrower than what the connection holds. */
  scopes?: readonly Scope[]
  /** Seconds. */
  ttl: number
  at: Date
}

const SHAPE = /^pkgt_[\w-]{43}$/

/** Whether it looks like one of ours: nothing else needs a query to be refused. */
export const isAccessToken = (text: string): boolean => SHAPE.test(text)

/** An opaque token of 256 random bits; the one answered is the only copy, the row keeps its hash. */
export async function mintAccessToken(db: Db, token: NewAccessToken): Promise<string> {
  const text = `pkgt_${randomBytes(32).toString('base64url')}`
  await db
    .insertInto('access_tokens')
    .values({
      token_hash: hashOfToken(text),
      connection_id: token.connection,
      aud: token.aud,
      scopes: token.scopes ? [...token.scopes] : null,
      expires_at: new Date(token.at.getTime() + token.ttl * 1000),
      created_at: token.at,
    })
    .execute()
  return text
}

/** As many random bits as the hash has, so that it needs no salt and no slow function. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest()
