import type { FastifyReply } from 'fastify'
import type { Edition } from '#kernel/schemas'
import { html, type Html } from '../html.ts'
import { csrfField } from '../session.ts'
import { CART } from './own-steps.ts'

/** A form that puts a package into the cart of an org. Without an edition, it is that of the project. */
export const addForm = (
  reply: FastifyReply,
  { org, name, edition, button }: { org: string; name: string; edition?: Edition; button: Html },
): Html =>
  html`<form method="post" action="${CART}/add">
    ${csrfField(reply)}
    <input type="hidden" name="org" value="${org}" />
    <input type="hidden" name="package" value="${name}" />
    ${edition !== undefined && html`<input type="hidden" name="edition" value="${edition}" />`} ${button}
  </form>`
