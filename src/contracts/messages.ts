import { defineSearchAttributeKey } from '@temporalio/common'
import { defineSignal, defineUpdate } from '@temporalio/workflow'

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
