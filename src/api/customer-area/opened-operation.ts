import type { FastifyReply } from 'fastify'
import type { Operation } from '#domain/operations'
import type { GitHostKind } from '#kernel/git-host'

/** An operation, its link, and the reply to the person who opened the link. */
export interface Visit {
  operation: Operation
  link: string
  reply: FastifyReply
  /** The host whose consent the operation waits for. */
  gitHost?: { host: string; kind: GitHostKind } | undefined
}
