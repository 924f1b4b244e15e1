import type { DomainError } from '#kernel/errors'
import { notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'
import { nextStepAfter, shownStep } from '../next-steps.ts'

interface Field {
  /** The name of the field, which is also its id. */
  name: string
  label: string
  type?: 'text' | 'email' | 'password'
  value?: string | undefined
  autocomplete: string
  maxLength?: number
  hint?: string
  /** The refusal of the form; it marks the field that it names. */
  error?: DomainError | undefined
}

/** An input with its label, and a hint that screen readers announce with it. */
export function field({
  name,
  label,
  type = 'text',
  value,
  autocomplete,
  maxLength,
  hint,
  error,
}: Field): Html {
  const isAtFault = error !== undefined && (error.field === undefined || error.field === name)
  const describedBy = [isAtFault && 'mistake', hint && `${name}-hint`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      ${maxLength !== undefined && html`maxlength="${maxLength}"`}
      required
      ${isAtFault && html`aria-invalid="true"`}
      ${describedBy && html`aria-describedby="${describedBy}"`}
    />
  </div>`
}

/** The sentence of a refusal above its form. */
export const mistake = (error: DomainError | undefined): Html | undefined => {
  if (!error) return undefined
  const step = nextStepAfter(error)
  return notice({ tone: 'bad', id: 'mistake', text: html`${error.message} ${step && shownStep(step)}` })
}

export const PASSWORD_HINT = 'At least 12 characters. Several unusual words are good.'

/** The status of a page that shows its form again. */
export const STATUS_OF_MISTAKE = 422
