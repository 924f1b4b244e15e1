import { html, type Html } from '../html.ts'

export interface Choice {
  value: string
  text: string | Html
  /** What the choice means, in one sentence. */
  hint?: string | Html
}

/** Radio cards: one of a few choices that need an explanation. */
export const radioCards = ({
  name,
  legend,
  choices,
  chosen,
}: {
  name: string
  legend: string
  choices: readonly Choice[]
  chosen?: string
}): Html =>
  html`<fieldset>
    <legend>${legend}</legend>
    <div class="radios">
      ${choices.map(
        (choice) =>
          html`<div class="radio">
            <input
              type="radio"
              id="${name}-${choice.value}"
              name="${name}"
              value="${choice.value}"
              ${choice.value === chosen && html`checked`}
              ${hintOf(name, choice)}
            />
            ${labelOf(name, choice)}
          </div>`,
      )}
    </div>
  </fieldset>`

/** One checkbox with its label and hint. Its value is sent only when it is checked. `form`: the id of a form that it is not in. */
export const checkboxRow = ({
  name,
  isChecked = false,
  form,
  ...choice
}: Choice & { name: string; isChecked?: boolean; form?: string }): Html =>
  html`<div class="check">
    <input
      type="checkbox"
      id="${name}-${choice.value}"
      name="${name}"
      value="${choice.value}"
      ${isChecked && html`checked`}
      ${form !== undefined && html`form="${form}"`}
      ${hintOf(name, choice)}
    />
    ${labelOf(name, choice)}
  </div>`

const labelOf = (name: string, { value, text, hint }: Choice): Html =>
  html`<div>
    <label for="${name}-${value}">${text}</label>
    ${hint !== undefined && html`<span class="hint" id="${name}-${value}-hint">${hint}</span>`}
  </div>`

const hintOf = (name: string, { value, hint }: Choice): Html | false =>
  hint !== undefined && html`aria-describedby="${name}-${value}-hint"`
