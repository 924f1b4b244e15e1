import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Billing } from '#domain/billing'
import { awaitedGitHost, type Git } from '#domain/git'
import { type Operation, operationByLink, type Operations } from '#domain/operations'
import { liveRole, may, type Permission } from '#domain/orgs'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { noteOrg } from './audit-refusals.ts'
import { notFoundPage, sendPage } from './layout.ts'
import type { Visit } from './opened-operation.ts'
import { notYours } from './operation-view.ts'
import { signedIn } from './session.ts'
import { type StoryWords, storyWords } from './story-words.ts'

export interface OperationPageOptions {
  db: Db
  operations: Pick<Operations, 'obstacle' | 'resumeIfLost'>
  billing: Billing
  git: Git
  publicUrl: string
  now: () => Date
  log: Logger
}

const LINK = /^[\w-]{43}$/

export interface LinkRequest {
  Params: { link: string }
}

/** A visit of the person to whom the link belongs. */
export type Opened = Visit & { customer: CustomerId }

/** Returns the visit when the link belongs to the visitor. Otherwise sends a response and returns undefined. */
export async function visitOf(
  options: OperationPageOptions,
  request: FastifyRequest<LinkRequest>,
  reply: FastifyReply,
): Promise<Opened | undefined> {
  const { db } = options
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const { link } = request.params
  const operation = LINK.test(link) ? await operationByLink(db, link) : undefined
  const words = operation && storyWords(operation)
  if (!operation || !words) return void sendPage(reply, notFoundPage, 404)
  const role =
    operation.askedBy === session.customer ? await liveRole(db, operation.orgId, session.customer) : undefined
  if (role) noteOrg(request, { id: operation.orgId })
  if (!role || !may(role, permissionFor(operation, words))) return void sendPage(reply, notYours, 403)
  const gitHost = await gitHostOf(options, operation)
  return { operation, link, reply, customer: session.customer, gitHost }
}

/** What a person has to be allowed to do to open the page of an operation. Who publishes may not always connect a host. */
const permissionFor = ({ waitingFor }: Operation, { permission }: StoryWords): Permission =>
  waitingFor === 'git_consent' ? 'manage_git' : permission

async function gitHostOf({ db, git }: OperationPageOptions, operation: Operation): Promise<Visit['gitHost']> {
  if (operation.waitingFor !== 'git_consent') return undefined
  const name = await awaitedGitHost(db, { operation: operation.id, org: operation.orgId })
  return git.hosts.find(({ host }) => host === name)
}
