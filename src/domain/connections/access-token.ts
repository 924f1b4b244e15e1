import { hash, randomBytes } from 'node:crypto'
import type { ConnectionId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

export interface NewAccessToken {
  connection: ConnectionId
  /** The resource it is for, such as `https://market.example/mcp`. */
  aud: string
  /** Only when the token has fewer scopes than the connection. */
  scopes?: readonly Scope[]
  /** Seconds. */
  ttl: number
  at: Date
}

const SHAPE = /^pkgt_[\w-]{43}$/

/** Whether the text has the format of our tokens. Other texts are refused without a query. */
export const isAccessToken = (text: string): boolean => SHAPE.test(text)

/** Returns an opaque token of 256 random bits. Only its hash is stored. */
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

/** A token has as many random bits as its hash, so it needs no salt and no slow function. */
export const hashOfToken = (token: string): Buffer => hash('sha256', token, 'buffer')
