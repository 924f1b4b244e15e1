import { defineSearchAttributeKey } from '@temporalio/common'
import { defineSignal, defineUpdate } from '@temporalio/workflow'

/** "Look again": carries nothing, because webhooks and callbacks are late, doubled and out of order. */
export const nudge = defineSignal('nudge')

/** Returns when the operation's row is worth reading; says nothing itself, so repeats may share one. */
export const outcome = defineUpdate<void>('outcome')

/** What staff search runs by, and of what kind; the server has to know each before a run may carry it. */
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
