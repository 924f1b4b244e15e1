import { Connection } from '@temporalio/client'
import { ConfigRefused } from './config.ts'

/** Types of search attributes, as temporal.api.enums.v1 numbers them. */
const INDEXED_VALUE_TYPE = { Keyword: 2, Int: 3, Bool: 5, Datetime: 6, KeywordList: 7 } as const
const RETENTION_S = 30 * 24 * 60 * 60
const [NOT_FOUND, ALREADY_EXISTS] = [5, 6]

export type SearchAttributes = Record<string, keyof typeof INDEXED_VALUE_TYPE>

interface Place {
  address: string
  namespace: string
}

/** The calls of a connection that are used here. Those of the client and of the worker have them. */
type Services = Pick<Connection, 'workflowService' | 'operatorService'>

/** Makes the namespace and the search attributes of our runs. What exists stays. Throws `ConfigRefused` without a server. */
export async function makeNamespace(
  { address, namespace }: Place,
  attributes: SearchAttributes,
): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 }).catch((cause: unknown) => {
    throw new ConfigRefused(`No Temporal answers at ${address}: start it, or correct TEMPORAL_ADDRESS.`, {
      cause,
    })
  })
  try {
    const workflowExecutionRetentionPeriod = { seconds: RETENTION_S as never }
    await connection.workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod })
      .catch(unlessCode(ALREADY_EXISTS))
    const searchAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]),
    )
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
  } finally {
    await connection.close()
  }
}

/**
 * Looks whether runs can start: the namespace and each search attribute are there. Throws `ConfigRefused` with what to do.
 * A server that lets nobody list its attributes counts as having them.
 */
export async function refuseWithoutNamespace(
  { workflowService, operatorService }: Services,
  { address, namespace }: Place,
  attributes: SearchAttributes,
): Promise<void> {
  const remedy = 'npm run admin -- create-namespace makes what is missing'
  await workflowService.describeNamespace({ namespace }).catch((e: unknown) => {
    if (codeOf(e) !== NOT_FOUND) throw e
    throw new ConfigRefused(`The Temporal at ${address} has no namespace ${namespace}: ${remedy}.`, {
      cause: e,
    })
  })
  const listed = await operatorService.listSearchAttributes({ namespace }).catch(() => undefined)
  if (!listed) return
  const missing = Object.keys(attributes).filter((name) => !(name in (listed.customAttributes ?? {})))
  if (missing.length)
    throw new ConfigRefused(
      `The namespace ${namespace} of Temporal lacks the search attributes ${missing.join(', ')}, so no run could start: ${remedy}.`,
    )
}

const codeOf = (e: unknown) => (e as { code?: unknown }).code

const unlessCode = (code: number) => (e: unknown) => {
  if (codeOf(e) !== code) throw e
}
