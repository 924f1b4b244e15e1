import { z } from 'zod'
import { purchased } from '#contracts/purchase'
import type { Deal } from '#domain/orders'
import { LICENCES, ownStepAfter } from './buying/own-steps.ts'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { codeBlock, keyReveal } from './components/code-block.ts'
import { notice } from './components/notice.ts'
import { dayText, editionName } from './components/text.ts'
import { html, type Html } from './html.ts'
import { nextStepAfter, shownStep } from './next-steps.ts'
import type { Visit } from './opened-operation.ts'
import { csrfField } from './session.ts'

/** What a purchase has stored as its result. Another release may have written it. */
const outcome = purchased
  .pick({ order_id: true, licences: true, refused: true, project: true, composer_commands: true })
  .extend({ also_needs: z.array(z.looseObject({ package: z.string() })).optional() })
type Outcome = z.output<typeof outcome>

/** The text of auth.json. `until`: when the keys end, because they were rotated meanwhile. */
export interface ShownKeys {
  text: string
  until: Date | undefined
}

/** `gone`: auth.json cannot be shown any more. */
export type Keys = { shown: ShownKeys } | 'gone' | undefined

/** After a purchase: what was not bought and why, the licences, and how to install. */
export function receipt(visit: Visit, deal: Deal, keys: Keys): Html | undefined {
  const { data } = outcome.safeParse(visit.operation.result)
  if (!data) return undefined
  return html`${refusedLines(visit, deal, data)} ${licences(data)}
  ${visit.operation.connectionId === undefined && howToInstall(visit, data, keys)}
  ${data.order_id !== undefined && orderReference(data.order_id)}`
}

const orderReference = (order: string): Html =>
  html`<p class="small">
    <a href="/account/orders/${order}">See the order</a>
  </p>`

const refusedLines = ({ operation }: Visit, { payments }: Deal, { refused = [] }: Outcome): Html | false =>
  refused.length > 0 &&
  html`<h2>Not bought</h2>
    <ul class="rows">
      ${refused.map(({ vendor, packages, code, message }) => {
        const step = operation.connectionId ? nextStepAfter({ code }) : ownStepAfter({ code })
        const name = payments.find(({ slug }) => slug === vendor)?.vendor ?? vendor
        return html`<li>
          <div class="about">
            <h3><span class="mono">${packages.join(', ')}</span> ${badge('not bought', 'warn')}</h3>
            <p class="small">From ${name}. ${message} ${step && shownStep(step)}</p>
          </div>
        </li>`
      })}
    </ul>
    ${
      operation.story === 'checkout_cart' &&
      !operation.connectionId &&
      html`<p>
        It is still in the cart and costs nothing now.
        ${linkButton('/account/cart', 'Go to the cart', { kind: 'quiet', isSmall: true })}
      </p>`
    }`

const OUTCOMES = {
  bought: 'bought',
  renewed: 'renewed',
  used_existing: 'a free slot was used',
  already_installed: 'was there already',
  covered: 'comes with another package',
} as const

const licences = ({ licences: all = [] }: Outcome): Html | false =>
  all.length > 0 &&
  html`<h2>Licences</h2>
    <ul class="rows">
      ${all.map(
        ({ id, package: name, edition, outcome: how, activated, valid_until: until }) =>
          html`<li>
            <div class="about">
              <h3><a href="${LICENCES}/${id}" class="mono">${name}</a></h3>
              <p class="small">
                ${editionName(edition)} ·
                ${OUTCOMES[how]}${until && html` · until ${dayText(new Date(until))}`}
              </p>
            </div>
            ${activated ? badge('ready to install', 'good') : badge('on no project')}
          </li>`,
      )}
    </ul>`

function howToInstall(
  { link, reply }: Visit,
  { project, composer_commands: commands, also_needs: needs = [] }: Outcome,
  keys: Keys,
): Html | false {
  if (!project || !commands) return false
  return html`<h2>Install</h2>
    ${
      needs.length > 0 &&
      notice({
        tone: 'warn',
        title: 'Composer will ask for more',
        text: html`The project has no licence of
          <span class="mono">${needs.map((each) => each.package).join(', ')}</span>.`,
      })
    }
    ${keysOf({ link, reply }, project, keys)}
    ${codeBlock(commands.join('\n'), { caption: 'Then, in the folder of the shop' })}
    <p class="small">
      <a href="/docs/composer">Where the keys belong, and what Composer's messages mean</a>
    </p>`
}

function keysOf({ link, reply }: Pick<Visit, 'link' | 'reply'>, project: string, keys: Keys): Html {
  if (keys === 'gone')
    return notice({
      tone: 'info',
      title: 'The keys cannot be shown any more',
      text: html`They are shown for a day after the purchase, and for 15 minutes after the first time.
        <a href="/account/projects/${project}">See the keys of the project.</a>`,
    })
  if (keys)
    return keyReveal({
      name: 'auth.json, beside composer.json',
      secret: keys.shown.text,
      until: keys.shown.until,
      warning: 'Copy the keys now. This page shows them for 15 minutes.',
      whenLost: 'Lost it? Make new keys for the project.',
    })
  return html`<form method="post" action="/o/${link}/keys">
    ${csrfField(reply)}
    <p>Composer needs the keys of the project in a file <span class="mono">auth.json</span>.</p>
    ${button('Show the keys', { kind: 'quiet' })}
  </form>`
}
