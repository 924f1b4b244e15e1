import { createHash } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Operation } from '#domain/operations'
import { canonicalJson } from '#kernel/canonical-json'
import type { Secrets } from '#platform/secrets'
import type { Client } from './answer.ts'
import type { Notify, Pace } from './patience.ts'
import { authorizedIn, callIn } from './request.ts'

/** What a client was asked, as its retry brings it back: signed, and readable for it. */
interface Asked {
  operation: string
  /** Hash of the arguments as they were sent. */
  input: string
  round: number
}

const QUESTION = 'open_url'
/** How long a retry may take, in seconds. */
const TTL = 600
/** Who did not go on after that many questions gets the handle, which tells a model what to do. */
const ROUNDS = 1

/** The clients of requests: what each can do with an operation that is not over, and what a retry may bring back. */
export function clientsWith({ secrets, pace }: { secrets: Secrets; pace: Pace }) {
  const codec = createRequestStateCodec<Asked>({
    key: secrets.deriveKey('request state'),
    ttlSeconds: TTL,
    bind: connectionAndTool,
  })

  async function question({ id, url, ...operation }: Operation, round: number, ctx: ServerContext) {
    if (operation.status !== 'waiting_for_you' || !url) return undefined
    const request = inputRequired.elicitUrl({ url, message: forThePerson(operation) })
    const requestState = await codec.mint({ operation: id, input: inputHash(ctx), round }, ctx)
    return inputRequired({ inputRequests: { [QUESTION]: request }, requestState })
  }

  return {
    /** Refuses what is not ours, too old, or of another connection, tool or input. */
    async verify(state: string, ctx: ServerContext): Promise<Asked> {
      const asked = await codec.verify(state, ctx)
      if (asked.input !== inputHash(ctx)) throw new Error('input')
      return asked
    },
    of(ctx: ServerContext, era: 'legacy' | 'modern'): Client<InputRequiredResult> {
      const asked = ctx.mcpReq.requestState<Asked>()
      const told = inputResponse(ctx.mcpReq.inputResponses, QUESTION)
      const accepted = told.kind === 'elicit' && told.action === 'accept'
      const round = (asked?.round ?? 0) + 1
      const asks = era === 'modern' && opensUrls(ctx) && round <= ROUNDS
      return {
        pace,
        notify: notifyOn(ctx),
        asked: asked && { operation: asked.operation, accepted },
        face: asks ? (operation) => question(operation, round, ctx) : undefined,
      }
    },
  }
}

function notifyOn({ mcpReq }: ServerContext): Notify | undefined {
  const { progressToken } = mcpReq._meta ?? {}
  if (progressToken === undefined) return undefined
  return (notice) => mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...notice } })
}

interface Capabilities {
  elicitation?: { url?: object }
}

/** What the request itself declares: with 2026-07-28 nothing is remembered from an earlier one. */
const capabilitiesIn = ({ mcpReq: { envelope } }: ServerContext): Capabilities =>
  (envelope as Record<string, Capabilities | undefined> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}

const opensUrls = (ctx: ServerContext): boolean => Boolean(capabilitiesIn(ctx).elicitation?.url)

function connectionAndTool({ http }: ServerContext): string {
  const { caller, body } = authorizedIn(http?.authInfo)
  return canonicalJson([caller.connection, callIn(body).params?.name])
}

function inputHash({ http }: ServerContext): string {
  const { arguments: sent = {} } = callIn(authorizedIn(http?.authInfo).body).params ?? {}
  return createHash('sha256').update(canonicalJson(sent)).digest('base64url')
}

/** In the words of the one who opens the page, not of the model. */
function forThePerson({ waitingFor, orgSlug }: Pick<Operation, 'waitingFor' | 'orgSlug'>): string {
  switch (waitingFor) {
    case 'authentication':
      return `Your bank wants you to confirm the payment for ${orgSlug}.`
    case 'payment_method':
      return `${orgSlug} needs a card to go on: add one on our page.`
    case undefined:
      return `${orgSlug} needs you to go on: open our page.`
  }
}
