import { createHash } from 'node:crypto'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider, PaymentsMisconfigured } from '#platform/payments'
import { sentenceOf } from '../market.ts'

/** Something that an operator is shown before it is closed. */
export interface Entry {
  /** What it is and how it would be closed. The same in each look. */
  name: string
  /** Its line. */
  says: string
  /** The id of what is closed, for the line about a failure. */
  object: string
  /** Closes it. Doing it twice does no harm. Absent when it is not closed from here. */
  close?: () => Promise<{ says: string; isClosed: boolean }>
}

/**
 * Shows a list, or closes its entries if this is still the list with this mark. One that cannot be closed does not hold
 * up the others. Returns whether nothing is left. `command` is how the list was asked for, and `todo` what closing it
 * does.
 */
export async function showOrClose(
  entries: readonly Entry[],
  {
    mark,
    command,
    todo,
    say,
  }: { mark: string | undefined; command: string; todo: string; say: (line: string) => void },
): Promise<boolean> {
  for (const { says } of entries) say(says)
  const closable = entries.flatMap(({ object, close }) => (close ? [{ object, close }] : []))
  if (mark === undefined) {
    const count = `${closable.length} of ${entries.length}`
    if (closable.length) say(`To ${todo} ${count}: ${command} --close ${markOf(entries)}`)
    return !entries.length
  }
  if (mark !== markOf(entries)) {
    say('The list has changed since you looked; nothing was done.')
    return false
  }
  let isAllClosed = closable.length === entries.length
  for (const { object, close } of closable) {
    const closed = await close().catch((error: unknown) => ({
      says: `${object} could not be closed: ${reasonOf(error)} Look again.`,
      isClosed: false,
    }))
    say(closed.says)
    isAllClosed &&= closed.isClosed
  }
  return isAllClosed
}

const markOf = (entries: readonly Entry[]): string =>
  createHash('sha256')
    .update(
      entries
        .map(({ name }) => name)
        .sort()
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 12)

/** A sentence of ours. Of any other error only the class: its message may be a text of a provider. */
function reasonOf(error: unknown): string {
  const isOfPayments =
    error instanceof PaymentOutcomeUnknown ||
    error instanceof PaymentRefusedByProvider ||
    error instanceof PaymentsMisconfigured
  if (isOfPayments) return error.message
  return sentenceOf(error) ?? `${error instanceof Error ? error.name : 'error'}.`
}
