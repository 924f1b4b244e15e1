import type { FastifyInstance } from 'fastify'
import {
  findPublicPackage,
  type ListedPackage,
  type Price,
  type PublicPackage,
  searchPackages,
} from '#domain/catalogue'
import { moneyText } from '#kernel/money'
import { packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import type { Memory } from '../memory.ts'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { card, facts } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { emptyState } from './components/empty-state.ts'
import { table } from './components/table.ts'
import { dayText, editionName, typeName } from './components/text.ts'
import { connectCommand } from './docs-page.ts'
import { html, type Html } from './html.ts'
import { notFoundPage, sendPage } from './layout.ts'

const SHOWN = 100
const README_SHOWN = 4_000
const VERSIONS_SHOWN = 20

export interface CatalogueOptions {
  db: Db
  /** Keeps public pages only. Each change of a package, version, price or vendor empties it. */
  memory: Memory
  publicUrl: string
}

/** The public pages: the list of the shop's packages, and a page for each package. */
export async function cataloguePages(
  app: FastifyInstance,
  { db, memory, publicUrl }: CatalogueOptions,
): Promise<void> {
  app.get<{ Querystring: { q?: string | string[] } }>('/', async ({ query }, reply) => {
    const given = Array.isArray(query.q) ? query.q[0] : query.q
    // Postgres does not accept NUL in a text
    const words = given?.slice(0, 100).replaceAll('\0', ' ').trim() ?? ''
    const body = await memory.recall(words, async () =>
      homePage(words, await searchPackages(db, { text: words, limit: SHOWN })),
    )
    return sendPage(reply, { title: 'Packages', body, hasOwnSearch: true })
  })

  app.get<{ Params: { vendor: string; name: string } }>(
    '/packages/:vendor/:name',
    async ({ params }, reply) => {
      const name = packageName.safeParse(`${params.vendor}/${params.name}`)
      const found = name.success && (await findPublicPackage(db, name.data))
      if (!found) return sendPage(reply, notFoundPage, 404)
      return sendPage(reply, {
        title: found.title,
        heading: found.title,
        lead: html`<span class="mono">${found.name}</span> · ${typeName(found.type)} · by
          ${found.vendor.name}<br />
          ${found.summary}`,
        breadcrumb: [{ href: '/', text: 'Packages' }],
        body: packagePage(found, publicUrl),
      })
    },
  )
}

const homePage = (words: string, packages: readonly ListedPackage[]): Html =>
  html` <div class="hero">
      <h1>Packages for your shop</h1>
      <p>Modules and themes for Magento. Buy one here or let your assistant buy it; Composer installs it.</p>
      <form role="search" action="/" method="get">
        <div>
          <label class="visually-hidden" for="q">Search packages</label>
          <input
            id="q"
            name="q"
            type="search"
            value="${words}"
            placeholder="Search by name or by what it does"
            maxlength="100"
            autocomplete="off"
          />
        </div>
        ${button('Search')}
      </form>
    </div>
    ${packages.length ? packageList(words, packages) : words ? nothingFound(words) : emptyShop}`

const packageList = (words: string, packages: readonly ListedPackage[]): Html =>
  html`<div class="list-head">
      <h2>${words ? html`Results for “${words}”` : 'All packages'}</h2>
      <span class="small"
        >${countOf(packages.length)}${words && html` · <a href="/">See all packages</a>`}</span
      >
    </div>
    <ul class="cards packages">
      ${packages.map(listed)}
    </ul>`

function countOf(count: number): string {
  if (count >= SHOWN) return `The first ${SHOWN} packages`
  return count === 1 ? '1 package' : `${count} packages`
}

const nothingFound = (words: string): Html =>
  emptyState({
    symbol: 'search',
    title: `Nothing found for “${words}”`,
    text: 'Each word has to be in the name or the description of a package. Try fewer words.',
    action: linkButton('/', 'See all packages', { kind: 'quiet' }),
  })

const emptyShop: Html = emptyState({
  title: 'The first packages are on their way',
  text: 'A vendor publishes a package by pushing a tag to its Git repository. It appears here as soon as it is checked.',
  action: linkButton('/docs', 'Read how it works', { kind: 'quiet' }),
})

const listed = (each: ListedPackage): Html =>
  html`<li>
    <h2><a href="/packages/${each.name}">${each.title}</a></h2>
    <span class="package-name mono"
      >${each.name}${each.latestVersion ? html` · ${each.latestVersion}` : ''}</span
    >
    <p>${each.summary}</p>
    <p class="last-line">
      <span class="price">${cheapest(each.prices)}</span>
      <span class="small">${each.vendor.name}</span>
    </p>
  </li> `

function cheapest(prices: readonly Price[]): string {
  const [least, ...others] = [...prices].sort((a, b) => a.amountMinor - b.amountMinor)
  if (!least) return 'Not sold by itself'
  return `${others.some(({ amountMinor }) => amountMinor > least.amountMinor) ? 'from ' : ''}${priceText(least)}`
}

function priceText({ model, amountMinor, currency }: Price): string {
  switch (model) {
    case 'free':
      return 'Free'
    case 'one_time':
      return `${moneyText({ amountMinor, currency })} once`
    case 'yearly':
      return `${moneyText({ amountMinor, currency })} a year`
  }
}

const packagePage = (found: PublicPackage, publicUrl: string): Html =>
  html`<div class="two-columns">
    <aside aria-label="Price and facts">
      ${card('Price', priceTable(found))} ${card('Buy it with your assistant', purchase(found, publicUrl))}
      ${card('About', facts(factsOf(found)))}
    </aside>
    <div>
      ${readmeOf(found)}
      <h2>Versions</h2>
      ${versionTable(found)}
    </div>
  </div>`

const readmeOf = ({ readme, vendor }: PublicPackage): Html | false =>
  readme !== undefined &&
  html`<h2>From the vendor</h2>
    <p class="small">Written by ${vendor.name}.</p>
    <div class="vendor-text">${readme.slice(0, README_SHOWN)}</div>`

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

function factsOf({ vendor, latestVersion, type, versions }: PublicPackage) {
  const newest = versions.find(({ label }) => label === latestVersion) ?? versions[0]
  return [
    ['Vendor', vendor.name],
    ['Type', typeName(type)],
    ...(latestVersion ? [['Latest version', html`<span class="mono">${latestVersion}</span>`]] : []),
    ...(newest ? [['Last release', dayText(newest.releasedAt)]] : []),
  ] as [string, Html | string][]
}

const versionTable = ({ versions }: PublicPackage): Html =>
  table({
    caption: 'Versions',
    isCaptionHidden: true,
    columns: [{ title: 'Version' }, { title: 'Stability' }, { title: 'Released', isNumber: true }],
    rows: stableFirst(versions)
      .slice(0, VERSIONS_SHOWN)
      .map(({ label, stability, releasedAt }) => [
        html`<span class="mono">${label}</span>`,
        badge(stability, stability === 'stable' ? 'good' : 'info'),
        dayText(releasedAt),
      ]),
    empty: 'No version is available yet.',
  })

const stableFirst = (versions: PublicPackage['versions']) =>
  versions.toSorted((a, b) => Number(b.stability === 'stable') - Number(a.stability === 'stable'))
