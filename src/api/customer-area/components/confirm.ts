import { html, type Html } from '../html.ts'
import { button, linkButton } from './button.ts'
import { field } from './field.ts'
import { notice } from './notice.ts'

export interface Confirmation {
  /** The form posts here. It sends the typed name as `confirm`. */
  action: string
  /** Hidden fields of the form, with its form token. */
  hidden: Html
  /** What will happen, and what cannot be undone. */
  consequence: string
  /** The name that the person has to type. Without it, the button is enough. */
  nameToType?: string
  /** The error text after a wrong name was typed. */
  error?: string
  /** The text of the button that confirms. */
  verb: string
  back: { href: string; text: string }
}

/** The body of a page that asks for confirmation before a dangerous action. */
export const confirmation = ({
  action,
  hidden,
  consequence,
  nameToType,
  error,
  verb,
  back,
}: Confirmation): Html =>
  html`${notice({ tone: 'warn', text: consequence })}
    <form class="stack" method="post" action="${action}">
      ${hidden}
      ${
        nameToType !== undefined &&
        field({
          name: 'confirm',
          label: `Type ${nameToType} to confirm`,
          autocomplete: 'off',
          isRequired: true,
          error,
        })
      }
      <div class="buttons">
        ${button(verb, { kind: 'danger' })} ${linkButton(back.href, back.text, { kind: 'quiet' })}
      </div>
    </form>`
