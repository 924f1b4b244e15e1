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
    return sendPage(reply, { title: 'Packages', body })
  })

  app.get<{ Params: { vendor: string; name: string } }>(
    '/packages/:vendor/:name',
    async ({ params }, reply) => {
      const name = packageName.safeParse(`${params.vendor}/${params.name}`)
      const found = name.success && (await findPublicPackage(db, name.data))
      if (!found) return sendPage(reply, notFoundPage, 404)
      return sendPage(reply, { title: found.title, body: packagePage(found, publicUrl) })
    },
  )
}

const homePage = (words: string, packages: readonly ListedPackage[]): Html =>
  html` <h1>Packages for your shop</h1>
    <p class="soft">Buy once, install with Composer. Or ask your assistant to.</p>
    <form role="search" action="/" method="get">
      <label for="q">Search</label>
      <input id="q" name="q" type="search" value="${words}" maxlength="100" autocomplete="off" />
      <button>Search</button>
    </form>
    ${
      packages.length
        ? html`<ul class="cards">
            ${packages.map(card)}
          </ul>`
        : nothingFound(words)
    }`

const nothingFound = (words: string): Html =>
  html`<p>No package has all of “${words}” in its name or description. <a href="/">See all packages</a>.</p>`

const card = (each: ListedPackage): Html =>
  html`<li>
    <h2><a href="/packages/${each.name}">${each.title}</a></h2>
    <p class="soft">${each.name}${each.latestVersion ? html` · ${each.latestVersion}` : ''}</p>
    <p>${each.summary}</p>
    <p class="price">${cheapest(each.prices)}</p>
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
  html` <h1>${found.title}</h1>
    <p class="soft">${found.name} · ${found.type} · by ${found.vendor.name}</p>
    <p>${found.summary}</p>
    <h2>Price</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Magento edition</th>
          <th scope="col">Price</th>
        </tr>
      </thead>
      <tbody>
        ${found.prices.map(
          (price) =>
            html`<tr>
              <td>${price.edition}</td>
              <td class="price">${priceText(price)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <h2>Buy it with your assistant</h2>
    <p>Connect it once, with an access token of your own, then say what you want:</p>
    <pre>
claude mcp add --transport http packagento ${publicUrl}/mcp --header "Authorization: Bearer TOKEN"</pre>
    <pre>Buy ${found.name} for my shop and give me the auth.json.</pre>
    <h2>Versions</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Stability</th>
          <th scope="col">Released</th>
        </tr>
      </thead>
      <tbody>
        ${found.versions.slice(0, VERSIONS_SHOWN).map(
          ({ label, stability, releasedAt }) =>
            html`<tr>
              <td>${label}</td>
              <td>${stability}</td>
              <td>
                <time datetime="${releasedAt.toISOString()}">${releasedAt.toISOString().slice(0, 10)}</time>
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      found.readme
        ? html`<h2>From the vendor</h2>
            <div class="vendor-text">${found.readme.slice(0, README_SHOWN)}</div>`
        : ''
    }`
