import { html, type Html } from '../html.ts'
import { icon } from '../style/icons.ts'

/** The properties of every form control. */
interface Control {
  /** Also the id of the control, so the error summary can link to it. */
  name: string
  label: string
  hint?: string | undefined
  error?: string | undefined
}

export interface TextField extends Control {
  type?: 'text' | 'email' | 'password' | 'search' | 'number' | 'url' | 'date'
  value?: string | undefined
  autocomplete?: string
  inputMode?: 'numeric' | 'decimal'
  maxLength?: number
  isRequired?: boolean
}

/** A labelled text field. Its hint and error belong to it for screen readers, too. */
export const field = (control: TextField): Html => {
  const { name, type = 'text', value, autocomplete, inputMode, maxLength, isRequired } = control
  return wrapped(
    control,
    html`<input
      id="${name}"
      name="${name}"
      type="${type}"
      ${value !== undefined && html`value="${value}"`}
      ${autocomplete !== undefined && html`autocomplete="${autocomplete}"`}
      ${inputMode !== undefined && html`inputmode="${inputMode}"`}
      ${maxLength !== undefined && html`maxlength="${maxLength}"`}
      ${isRequired && html`required`}
      ${described(control)}
    />`,
  )
}

/** A labelled text of several lines. `rows`: its height. `isCode`: it is read by programs. */
export const textArea = (
  control: Control & {
    rows: number
    value?: string | undefined
    isRequired?: boolean
    maxLength?: number
    isCode?: boolean
  },
): Html => {
  const { name, rows, value = '', isRequired, maxLength, isCode } = control
  return wrapped(
    control,
    html`<textarea
      ${isCode && html`class="mono" spellcheck="false" autocomplete="off"`}
      id="${name}"
      name="${name}"
      rows="${rows}"
      ${isRequired && html`required`}
      ${maxLength !== undefined && html`maxlength="${maxLength}"`}
      ${described(control)}
    >
${value}</textarea>`,
  )
}

export interface Option {
  value: string
  text: string
}

export const select = (
  control: Control & { options: readonly Option[]; chosen?: string | undefined },
): Html =>
  wrapped(
    control,
    html`<select id="${control.name}" name="${control.name}" ${described(control)}>
      ${control.options.map(
        ({ value, text }) =>
          html`<option value="${value}" ${value === control.chosen && html`selected`}>${text}</option>`,
      )}
    </select>`,
  )

const wrapped = ({ name, label, hint, error }: Control, control: Html): Html =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`} ${control}
    ${error !== undefined && html`<p class="error" id="${name}-error">${icon('warning', 16)}${error}</p>`}
  </div>`

function described({ name, hint, error }: Control): Html {
  const ids = [hint !== undefined && `${name}-hint`, error !== undefined && `${name}-error`].filter(Boolean)
  return html`${ids.length > 0 && html`aria-describedby="${ids.join(' ')}"`}
  ${error !== undefined && html`aria-invalid="true"`}`
}
