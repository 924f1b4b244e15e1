import { resultIn } from './conversation.ts'
import type { Outcome } from './prove.ts'
import { isText } from './wire.ts'

const COLUMNS = [
  'client',
  'version',
  'protocol',
  'sign-in',
  'listed',
  'read',
  'refused',
  'waiting purchase',
  'model sees',
] as const

/** One line for each client. The reasons for tokens and the failures follow below. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = [COLUMNS, ...outcomes.map(rowOf)]
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const failures = outcomes.flatMap(({ client, failure }) => (failure ? [`\n${client}: ${failure}`] : []))
  const tokens = outcomes.flatMap(({ client, whyToken }) =>
    whyToken ? [`\n${client} used a token: ${whyToken}`] : [],
  )
  return [...lines, ...tokens, ...failures].join('\n')
}

function rowOf(outcome: Outcome): string[] {
  const { client, version, protocol, signIn, listed, tools, read, refused, bought } = outcome
  if (outcome.isAbsent) return [client, `has no program for ${process.platform}-${process.arch}`]
  const steps = [read, refused, bought].map((done) => (outcome.onlyLists ? '' : done ? 'yes' : 'NO'))
  return [client, version, protocol, signIn, `${listed.length} of ${tools.length}`, ...steps, seenBy(outcome)]
}

/** The part of a result that the client showed to its model. */
function seenBy({ hasNoModel, shown: [first] }: Outcome): string {
  if (hasNoModel) return 'has none'
  if (!first) return ''
  return isText(resultIn(first.text)) ? 'text' : 'structuredContent'
}

/** A report of a session: its requests, and each result as the model saw it. */
export function shownBy({ client, version, methods, blockedHosts, listed, shown }: Outcome): string {
  return [
    `\n== ${client} ${version}`,
    `on the wire: ${methods.join(', ')}`,
    `tried to reach: ${blockedHosts.join(', ') || 'no other host'}`,
    `tools its model was offered: ${listed.join(', ')}`,
    ...shown.map(({ tool, text }) => `${tool} was shown as: ${text}`),
  ].join('\n')
}
