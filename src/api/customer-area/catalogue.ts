import type { FastifyInstance } from 'fastify'
import { type ListedPackage, type Price, searchPackages } from '#domain/catalogue'
import type { Db } from '#platform/database'
import type { Memory } from '../memory.ts'
import { button, linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'
import { priceText } from './price-text.ts'

const SHOWN = 100

export interface CatalogueOptions {
  db: Db
  /** Keeps public pages only. Each change of a package, version, price or vendor empties it. */
  memory: Memory
}

/** The list of the shop's packages. */
export async function cataloguePage(app: FastifyInstance, { db, memory }: CatalogueOptions): Promise<void> {
  app.get<{ Querystring: { q?: string | string[] } }>('/', async ({ query }, reply) => {
    const given = Array.isArray(query.q) ? query.q[0] : query.q
    const words = given?.slice(0, 100).trim() ?? ''
    const body = await memory.recall(`search ${words}`, async () =>
      homePage(words, await searchPackages(db, { text: words, limit: SHOWN })),
    )
    return sendPage(reply, { title: 'Packages', body, hasOwnSearch: true })
  })
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
    text: 'None of these words is in the name or the description of a package. Try other words.',
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
