import type { FastifyInstance } from 'fastify'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { card, facts } from './components/card.ts'
import { checkboxRow, radioCards } from './components/choice.ts'
import { codeBlock, keyReveal } from './components/code-block.ts'
import { confirmation } from './components/confirm.ts'
import { emptyState } from './components/empty-state.ts'
import { field, select, textArea } from './components/field.ts'
import { errorSummary, notice } from './components/notice.ts'
import { slots } from './components/slots.ts'
import { smallBars } from './components/small-bars.ts'
import { stepper } from './components/stepper.ts'
import { table } from './components/table.ts'
import { tabs } from './components/tabs.ts'
import { dayText, momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'

const DAY = new Date('2026-11-29T14:05:00Z')
const PATH = '/_components'

/** `/_components`: shows every component in every state. Only in development. */
export async function componentsPage(app: FastifyInstance): Promise<void> {
  app.get(PATH, async (_, reply) =>
    sendPage(reply, {
      title: 'Components',
      heading: 'Components',
      lead: 'Every component of the pages, in each of its states.',
      breadcrumb: [{ href: '/', text: 'Packages' }],
      action: linkButton('#buttons', 'Primary action'),
      body: html`${SPECIMENS.map(
        ([title, body]) =>
          html`<section class="specimen" id="${title.toLowerCase().replaceAll(' ', '-')}">
            <h2>${title}</h2>
            ${body}
          </section>`,
      )}`,
    }),
  )
}

const buttons: Html = html`<div class="buttons">
  ${button('Confirm the payment')} ${button('Add another card', { kind: 'quiet' })}
  ${button('Remove the card', { kind: 'danger' })} ${button('Small', { kind: 'quiet', isSmall: true })}
  ${linkButton('#buttons', 'A link')}
</div>`

const form: Html = html`${errorSummary([{ name: 'limit', error: 'The limit has to be a number of euros.' }])}
  <form class="stack" method="get" action="${PATH}">
    ${field({ name: 'name', label: 'Name of the project', hint: 'Your assistant uses it, too.', isRequired: true })}
    ${field({
      name: 'limit',
      label: 'Limit per month',
      hint: 'In euros.',
      error: 'The limit has to be a number of euros.',
      value: 'a lot',
      inputMode: 'numeric',
    })}
    ${textArea({ name: 'address', label: 'Address', hint: 'Without the country.', rows: 3 })}
    ${select({
      name: 'edition',
      label: 'Edition',
      options: [
        { value: 'open-source', text: 'Magento Open Source' },
        { value: 'commerce', text: 'Adobe Commerce' },
      ],
      chosen: 'commerce',
    })}
    ${textArea({ name: 'file', label: 'composer.json', hint: 'The whole file.', rows: 4, isCode: true, value: '{ "require": {} }' })}
    ${radioCards({
      name: 'profile',
      legend: 'What the assistant may do',
      choices: [
        { value: 'read', text: 'Read only', hint: 'It sees projects, licences and orders.' },
        { value: 'buy', text: 'Buy within a limit', hint: 'It sets up projects and buys up to the limit.' },
      ],
      chosen: 'buy',
    })}
    ${checkboxRow({
      name: 'subscriptions',
      value: 'yes',
      text: 'It may buy yearly licences',
      hint: 'They do not renew by themselves.',
      isChecked: true,
    })}
    ${button('Save')}
  </form>`

const notices: Html = html`${notice({ tone: 'info', title: 'Prices change tomorrow', text: 'Orders of today keep theirs.' })}
${notice({ tone: 'good', text: 'The card is saved.' })}
${notice({ tone: 'warn', title: 'No card is saved', text: 'A purchase waits until somebody adds one.', action: linkButton('#notices', 'Add a card') })}
${notice({ tone: 'bad', title: 'The bank declined the card', text: 'Nothing was charged. Use another card.' })}`

const ordersTable: Html = html`${table({
  caption: 'Orders',
  columns: [
    { title: 'Package' },
    { title: 'Placed' },
    { title: 'Status' },
    { title: 'Total', isNumber: true },
  ],
  rows: [
    [
      html`<span class="mono">northwind/module-search</span>`,
      dayText(DAY),
      badge('completed', 'good'),
      '149.00 EUR',
    ],
    [
      html`<span class="mono">fabrikam/module-labels</span>`,
      dayText(DAY),
      badge('waiting', 'warn'),
      '1,149.00 EUR',
    ],
  ],
  total: ['Total', '1,298.00 EUR'],
})}
${table({ caption: 'Invoices', columns: [{ title: 'Number' }, { title: 'Total', isNumber: true }], rows: [], empty: 'No invoice yet.' })}`

const listOfRows: Html = html`<ul class="rows">
    ${(
      [
        ['northwind/module-search', 'active', 'good', '149.00 EUR'],
        ['fabrikam/module-labels', 'ended', 'warn', 'Free'],
      ] as const
    ).map(
      ([name, state, tone, price]) =>
        html`<li>
          <div class="about">
            <h3><a class="mono" href="#list">${name}</a> ${badge(state, tone)}</h3>
            <p class="small">Magento Open Source · ${dayText(DAY)}</p>
          </div>
          <span class="price">${price}</span>
          <div class="buttons">
            ${linkButton('#list', 'Move', { kind: 'quiet', isSmall: true, fullText: `Move ${name}` })}
          </div>
        </li>`,
    )}
  </ul>
  ${card(
    'Rows in a card',
    html`<ul class="rows">
      <li>
        <div class="about"><h3>staging server ${badge('ends soon', 'warn')}</h3></div>
        ${linkButton('#list', 'Revoke', { kind: 'danger', isSmall: true })}
      </li>
    </ul>`,
  )}`

const SPECIMENS: readonly (readonly [title: string, body: Html])[] = [
  ['Buttons', buttons],
  ['Form', form],
  ['Notices', notices],
  [
    'Badges',
    html`<div class="buttons">
      ${badge('draft')} ${badge('active', 'good')} ${badge('waiting', 'warn')} ${badge('declined', 'bad')}
    </div>`,
  ],
  [
    'Slots',
    html`<p>
      ${slots({ all: 3, used: 1 })} ${slots({ all: 1, used: 1, hasNumbers: true })}
      ${slots({ all: 50, used: 7 })}
    </p>`,
  ],
  ['Tables', ordersTable],
  ['List', listOfRows],
  [
    'Tabs',
    tabs(
      'Parts of a package',
      [
        { href: PATH, text: 'Readme' },
        { href: '#tabs', text: 'Versions' },
      ],
      PATH,
    ),
  ],
  [
    'Small bars',
    html`${smallBars({
      caption: 'Installs per day',
      columns: ['Day', 'Installs'],
      bars: [3, 0, 1, 24, 8, 5, 0].map((value, i) => ({ label: `${23 + i} Nov`, value })),
    })}
    ${smallBars({
      caption: 'Spend per month',
      columns: ['Month', 'Spent'],
      bars: [
        { label: 'Oct 2026', value: 14_900, text: '149.00 EUR' },
        { label: 'Nov 2026', value: 4_900, text: '49.00 EUR' },
      ],
    })}`,
  ],
  [
    'Card',
    card(
      'Price',
      facts([
        ['Magento Open Source', '49.00 EUR once'],
        ['Adobe Commerce', '149.00 EUR once'],
      ]),
    ),
  ],
  [
    'Steps',
    stepper([
      { name: 'Your assistant asked', state: 'done', time: momentText(DAY) },
      { name: 'The first card was declined', state: 'failed', about: 'Insufficient funds.' },
      { name: 'You confirm the payment', state: 'current', about: 'On the page of your bank.' },
      { name: 'We activate the licences', state: 'later' },
    ]),
  ],
  ['Code', codeBlock('composer require northwind/module-search', { caption: 'In the folder of your shop' })],
  [
    'Key',
    keyReveal({
      name: 'Private key of staging',
      secret: 'not-a-real-key-0000000000000000000000000000',
      whenLost: 'Did you lose it? Make a new one and remove this one.',
    }),
  ],
  [
    'Confirmation',
    confirmation({
      action: PATH,
      hidden: html``,
      consequence: 'All assistants lose access at once. This cannot be undone.',
      nameToType: 'acme-retail',
      error: 'This is not the name of the org.',
      verb: 'Revoke all assistants',
      back: { href: '#confirmation', text: 'Keep them' },
    }),
  ],
  [
    'Empty state',
    emptyState({
      symbol: 'plug',
      title: 'No assistant is connected',
      text: 'An assistant finds, buys and installs packages for you. Connect one to begin.',
      action: linkButton('/docs', 'Connect an assistant'),
    }),
  ],
]
