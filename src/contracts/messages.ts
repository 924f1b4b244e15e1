import { defineSearchAttributeKey } from '@temporalio/common'
import { defineSignal, defineUpdate } from '@temporalio/workflow'
import { cutToBytes, firstThatFit } from '#kernel/bytes'
import type { Params } from '#kernel/errors'

/**
 * Asks a run to look again. It carries no data, because webhooks and callbacks may be late, repeated or out of order.
 */
export const nudge = defineSignal('nudge')

/** Returns when the operation waits or is over. It returns no data, so repeated calls may share one update. */
export const outcome = defineUpdate<void>('outcome')

/** Task queue of the steps that read repositories of strangers. */
export const GIT_INGEST_QUEUE = 'git-ingest'

/** The search attributes of our runs, by type. The Temporal server must have each before a run may set it. */
export const SEARCH_ATTRIBUTES = {
  OrgId: 'Keyword',
  OperationId: 'Keyword',
  OrderId: 'Keyword',
  OperationStatus: 'Keyword',
  WaitingFor: 'Keyword',
  PackageName: 'KeywordList',
  NeedsOperator: 'Bool',
  WaitingUntil: 'Datetime',
} as const

export const orgIdAttribute = defineSearchAttributeKey('OrgId', 'KEYWORD')
export const operationIdAttribute = defineSearchAttributeKey('OperationId', 'KEYWORD')
export const orderIdAttribute = defineSearchAttributeKey('OrderId', 'KEYWORD')
export const operationStatusAttribute = defineSearchAttributeKey('OperationStatus', 'KEYWORD')
export const packageNameAttribute = defineSearchAttributeKey('PackageName', 'KEYWORD_LIST')
export const needsOperatorAttribute = defineSearchAttributeKey('NeedsOperator', 'BOOL')

/**
 * What Temporal takes of a text or a list, in bytes. It refuses more, and then the run hangs: each workflow task or
 * start fails again. So everything that a run publishes is cut by these functions, and nothing is published otherwise.
 */
const MOST_BYTES = {
  /** Of all values of one search attribute, as JSON: 2,048. */
  attribute: 2_048,
  /** Of the summary of a run, a step or a timer: 400. */
  summary: 400,
  /** Of the details of a run: 20,000. */
  details: 10_000,
  /** Of the message of a failure, and of all its params. The server cuts a failure of more than 4,096 itself. */
  failure: 1_500,
  /** Of a list in the result of a step. A whole result may have 2 MiB, and from 512 KiB on the server warns. */
  list: 2 ** 19,
} as const

/** For a search attribute of the type KeywordList. What does not fit is left out: the run is found by its other values. */
export const keywordsOf = (values: readonly string[]): string[] => firstThatFit(values, MOST_BYTES.attribute)

export const summaryOf = (text: string): string => cutToBytes(text, MOST_BYTES.summary)

export const detailsOf = (text: string): string => cutToBytes(text, MOST_BYTES.details)

export const failureMessageOf = (message: string): string => cutToBytes(message, MOST_BYTES.failure)

/** The params of a refusal: each gets its share, and of a list the first values stay. */
export function failureParamsOf(params: Params): Params {
  const entries = Object.entries(params)
  const share = Math.floor(MOST_BYTES.failure / entries.length)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value === 'number') return [name, value]
      return [name, typeof value === 'string' ? cutToBytes(value, share) : firstThatFit(value, share)]
    }),
  )
}

/** A list in the result of a step. `isMore`: there is more, which a later step has to ask for. */
export function resultListOf<T>(items: readonly T[]): { items: T[]; isMore: boolean } {
  const fitting = firstThatFit(items, MOST_BYTES.list)
  return { items: fitting, isMore: fitting.length < items.length }
}
