import type { ListedPackage, PlaceInSearch, Price } from '#domain/catalogue'
import { MAGENTO_LINES, magentoLine } from '#kernel/magento'
import { EDITIONS } from '#kernel/schemas'
import { addressOf, type CatalogueQuery, hasFilter, PRICE_MODELS } from './catalogue-query.ts'
import { button, linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import { field, type Option, select } from './components/field.ts'
import { editionName, PACKAGE_TYPES, typeName } from './components/text.ts'
import { html, type Html } from './html.ts'
import { magentoText } from './magento-text.ts'
import { priceText } from './price-text.ts'

/** More vendors are no list any more. */
export const MOST_VENDORS = 200

export interface Catalogue {
  query: CatalogueQuery
  packages: readonly (ListedPackage & PlaceInSearch)[]
  /** There is another page. */
  hasMore: boolean
  /** At most `MOST_VENDORS` and one more. */
  vendors: readonly { slug: string; name: string }[]
}

export const catalogueView = (catalogue: Catalogue): Html =>
  html`<form role="search" action="/" method="get">
      <div class="hero">
        <h1>Packages for your shop</h1>
        <p>
          Modules and themes for Magento. Buy one here or let your assistant buy it; Composer installs it.
        </p>
        <div class="search-row">
          <div>
            <label class="visually-hidden" for="q">Search packages</label>
            <input
              id="q"
              name="q"
              type="search"
              value="${catalogue.query.q}"
              placeholder="Search by name or by what it does"
              maxlength="100"
              autocomplete="off"
            />
          </div>
          ${button('Search')}
        </div>
      </div>
      ${filters(catalogue)}
    </form>
    ${catalogue.packages.length ? packageList(catalogue) : nothing(catalogue.query)}`

const MODEL_WORDS = { free: 'Free', one_time: 'Paid once', yearly: 'Yearly licence' } as const

function filters({ query, vendors }: Catalogue): Html {
  const choice = (name: string, label: string, options: readonly Option[], chosen: string | undefined) =>
    select({
      name,
      label,
      options: [{ value: '', text: 'Any' }, ...options],
      ...(chosen && { chosen }),
    })
  return html`<details class="filters" ${hasFilter(query) && html`open`}>
    <summary>Filters</summary>
    <div class="stack columns">
      ${choice(
        'type',
        'Type',
        PACKAGE_TYPES.map((value) => ({ value, text: typeName(value) })),
        query.type,
      )}
      ${choice(
        'edition',
        'Edition',
        EDITIONS.map((value) => ({ value, text: editionName(value) })),
        query.edition,
      )}
      ${choice(
        'price',
        'Price',
        PRICE_MODELS.map((value) => ({ value, text: MODEL_WORDS[value] })),
        query.price,
      )}
      ${
        vendors.length > MOST_VENDORS
          ? field({
              name: 'vendor',
              label: 'Vendor',
              value: query.vendor,
              autocomplete: 'off',
              maxLength: 64,
            })
          : choice(
              'vendor',
              'Vendor',
              vendors.map(({ slug, name }) => ({ value: slug, text: name })),
              query.vendor,
            )
      }
      ${choice(
        'works_with',
        'Works with',
        MAGENTO_LINES.toReversed().map((value) => ({ value, text: `Magento ${value}` })),
        magentoLine(query.works_with),
      )}
      ${button('Filter', { kind: 'quiet' })}
    </div>
  </details>`
}

function packageList({ query, packages, hasMore }: Catalogue): Html {
  const last = packages.at(-1)
  const isAll = !query.q && !hasFilter(query)
  return html`<div class="list-head">
      <h2>${query.q ? html`Results for “${query.q}”` : isAll ? 'All packages' : 'Packages that fit'}</h2>
      <span class="small"
        >${countOf(packages.length, hasMore || query.after !== '')}${!isAll && html` · <a href="/">See all packages</a>`}</span
      >
    </div>
    <ul class="cards packages">
      ${packages.map(listed)}
    </ul>
    <p class="buttons">
      ${query.after !== '' && linkButton(addressOf(query), 'First packages', { kind: 'quiet' })}
      ${
        hasMore &&
        last &&
        linkButton(addressOf(query, { after: `${last.rank} ${last.name}` }), 'Next packages', {
          kind: 'quiet',
        })
      }
    </p>`
}

function countOf(count: number, isPart: boolean): string {
  if (isPart) return `${count} packages on this page`
  return count === 1 ? '1 package' : `${count} packages`
}

function nothing(query: CatalogueQuery): Html {
  if (query.after)
    return html`<p>There are no more packages. <a href="${addressOf(query)}">See the first ones.</a></p>`
  if (!query.q && !hasFilter(query)) return emptyShop
  return emptyState({
    symbol: 'search',
    title: query.q ? `Nothing found for “${query.q}”` : 'No package fits',
    text: hasFilter(query)
      ? html`Nothing fits all of what you chose.
        ${query.q && html`<a href="${addressOf({ ...query, type: '', edition: undefined, price: undefined, vendor: '', works_with: '' })}">Look for the same words without the filters.</a>`}`
      : 'None of these words is in the name or the description of a package. Try other words.',
    action: linkButton('/', 'See all packages', { kind: 'quiet' }),
  })
}

const emptyShop: Html = emptyState({
  title: 'The first packages are on their way',
  text: html`To publish one, <a href="/account/vendor">apply as a vendor</a>, connect your Git host and push a
    tag such as <span class="mono">v1.0.0</span>. The package appears here as soon as it is checked.`,
  action: linkButton('/docs', 'Read how it works', { kind: 'quiet' }),
})

const listed = (each: ListedPackage): Html =>
  html`<li>
    <h2><a href="/packages/${each.name}">${each.title}</a></h2>
    <span class="package-name mono"
      >${each.name}${each.latestVersion ? html` · ${each.latestVersion}` : ''}</span
    >
    <p>${each.summary}</p>
    <p class="small">
      ${typeName(each.type)}${each.prices.length > 0 && html` for ${each.prices.map(({ edition }) => editionName(edition)).join(', ')}`}
    </p>
    <p class="small">${magentoText(each.magento)}</p>
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
