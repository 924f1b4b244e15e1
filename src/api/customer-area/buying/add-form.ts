import type { FastifyReply } from 'fastify'
import type { Edition } from '#kernel/schemas'
import { html, type Html } from '../html.ts'
import { csrfField } from '../session.ts'
import { CART } from './own-steps.ts'

export const ADD = `${CART}/add`

/**
 * The page that asks a person who has just signed in whether to put this into the cart. `isFree`: the sign-in then says
 * so; the page itself reads the price.
 */
export function addPath({
  name,
  edition,
  isFree,
}: {
  name: string
  edition: Edition
  isFree: boolean
}): string {
  const query = new URLSearchParams({ package: name, edition, ...(isFree && { free: 'yes' }) })
  return `${ADD}?${query.toString()}`
}

/** A form that puts a package into the cart of an org. Without an edition, it is that of the project. */
export const addForm = (
  reply: FastifyReply,
  { org, name, edition, button }: { org: string; name: string; edition?: Edition; button: Html },
): Html =>
  html`<form method="post" action="${ADD}">
    ${csrfField(reply)}
    <input type="hidden" name="org" value="${org}" />
    <input type="hidden" name="package" value="${name}" />
    ${edition !== undefined && html`<input type="hidden" name="edition" value="${edition}" />`} ${button}
  </form>`
