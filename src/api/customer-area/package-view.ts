import type { PublicPackage } from '#domain/catalogue'
import { card, facts } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { tabs } from './components/tabs.ts'
import { dayText, editionName, typeName } from './components/text.ts'
import { connectCommand } from './docs-page.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { priceText } from './price-text.ts'

/** A page of a package. */
export interface Tab {
  href: string
  /** Stands before the title of the package in the title of the page. */
  title?: string
  body: Html
}

/** The addresses of the pages of a package. */
export const readmeOf = ({ name }: PublicPackage): string => `/packages/${name}`
export const changelogOf = ({ name }: PublicPackage): string => `/packages/${name}/changelog`
export const versionsOf = ({ name }: PublicPackage): string => `/packages/${name}/versions`
export const versionOf = ({ name }: PublicPackage, label: string): string =>
  `/packages/${name}/versions/${encodeURIComponent(label)}`

export function pageOfPackage(found: PublicPackage, { href, title, body }: Tab, publicUrl: string): Page {
  // a phone shows the price before the text, but only on the first tab
  const isFirst = href === readmeOf(found)
  return {
    title: title === undefined ? found.title : `${title} · ${found.title}`,
    heading: found.title,
    lead: html`<span class="mono">${found.name}</span> · ${typeName(found.type)} · by ${found.vendor.name}<br />
      ${found.summary}`,
    breadcrumb: [{ href: '/', text: 'Packages' }],
    body: html`${tabs('Parts of this package', linksOf(found), href)}
      <div class="two-columns">
        ${isFirst && besides(found, publicUrl)}
        <div>${body}</div>
        ${!isFirst && besides(found, publicUrl)}
      </div>`,
  }
}

const besides = (found: PublicPackage, publicUrl: string): Html =>
  html`<aside aria-label="Price and facts">
    ${card('Price', priceTable(found))} ${card('Buy it with your assistant', purchase(found, publicUrl))}
    ${card('About', facts(factsOf(found)))}
  </aside>`

const linksOf = (found: PublicPackage) => [
  { href: readmeOf(found), text: 'Readme' },
  ...(found.newest ? [{ href: versionOf(found, found.newest.label), text: 'Latest version' }] : []),
  { href: versionsOf(found), text: 'Versions' },
  ...(found.newest?.hasChangelog ? [{ href: changelogOf(found), text: 'Changelog' }] : []),
]

const priceTable = ({ prices }: PublicPackage): Html =>
  html`<table>
    <caption class="visually-hidden">
      Price for each edition
    </caption>
    <thead>
      <tr>
        <th scope="col">Edition</th>
        <th scope="col" class="number">Price</th>
      </tr>
    </thead>
    <tbody>
      ${prices.map(
        (price) =>
          html`<tr>
            <td>${editionName(price.edition)}</td>
            <td class="number price">${priceText(price)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const purchase = ({ name }: PublicPackage, publicUrl: string): Html =>
  html`<p>Connect it once, then sign in and allow it in the browser:</p>
    ${codeBlock(connectCommand(publicUrl))}
    <p>Then say what you want:</p>
    ${codeBlock(`Buy ${name} for my shop and give me the auth.json.`)}
    <p><a href="/docs">How it works</a></p>`

function factsOf({ vendor, newest, type }: PublicPackage) {
  return [
    ['Vendor', vendor.name],
    ['Type', typeName(type)],
    ...(newest
      ? [
          ['Latest version', html`<span class="mono">${newest.label}</span>`],
          ['Last release', dayText(newest.releasedAt)],
        ]
      : []),
  ] as [string, Html | string][]
}
