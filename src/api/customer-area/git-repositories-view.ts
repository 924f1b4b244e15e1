import type { ListedIntegration, ListedRepository } from '#domain/git'
import type { PublishedPackage } from '#domain/publications'
import { visible } from '../../mcp/call/foreign-text.ts'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { checkboxRow } from './components/choice.ts'
import { emptyState } from './components/empty-state.ts'
import { field } from './components/field.ts'
import { GIT_PATH } from './git-view.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { PUBLISH, publishPathWith } from './packages/own-steps.ts'
import { pathOf } from './packages/paths.ts'

export const repositoriesPath = (integration: string): string => `${GIT_PATH}/${integration}/repositories`

export interface RepositoryListing {
  integration: ListedIntegration
  repositories: readonly ListedRepository[]
  /** By the host's id of the repository. */
  published: ReadonlyMap<string, readonly PublishedPackage[]>
  search: string
  isFirstPage: boolean
  /** The `place` after which the next page begins. */
  next: string | undefined
  /** The host lists more than one request reads, so nobody knows whether there is a next page. */
  hasStopped: boolean
}

/** The repositories of a connected account that may be published, and which packages follow them. */
export function repositoriesPage(listing: RepositoryListing): Page {
  const { integration, repositories, search } = listing
  const title = `Repositories of ${visible(integration.account)}`
  return {
    title,
    heading: title,
    lead: `The repositories at ${integration.host} to which the connected person may push.`,
    breadcrumb: [{ href: GIT_PATH, text: 'Git hosts' }],
    body: html`<form class="stack" method="get" action="${repositoriesPath(integration.id)}">
        ${field({ name: 'search', label: 'A part of the path', type: 'search', value: search, maxLength: 100 })}
        ${button('Search', { kind: 'quiet' })}
      </form>
      ${repositories.length > 0 && list(listing)}
      ${listing.hasStopped ? stopped(listing) : repositories.length === 0 && nothing(listing)}
      ${pages(listing)}`,
  }
}

function list({ repositories, published }: RepositoryListing): Html {
  const hasNew = repositories.some(({ id }) => !published.get(id)?.length)
  const rows = html`<ul class="rows">
    ${repositories.map((each) => row(each, { packages: published.get(each.id) ?? [], isChosen: hasNew }))}
  </ul>`
  if (!hasNew)
    return html`<h2>All of these are published</h2>
      ${rows}`
  return html`<h2>Choose what to publish</h2>
    <form method="get" action="${PUBLISH}">
      ${rows}
      <p class="buttons">${button('Publish the chosen ones')}</p>
    </form>`
}

/** `isChosen`: the rows have checkboxes. */
function row(
  { path, cloneUrl, isPrivate }: ListedRepository,
  { packages, isChosen }: { packages: readonly PublishedPackage[]; isChosen: boolean },
): Html {
  const name = visible(path)
  const text = html`<span class="mono">${name}</span>`
  const hint = html`${isPrivate ? 'private' : 'public'}${packages.map(
    (each) => html` · published as <a class="mono" href="${pathOf(each.id)}">${each.name}</a>`,
  )}`
  return html`<li>
    <div class="about">
      ${
        isChosen
          ? checkboxRow({ name: 'repository', value: cloneUrl, text, hint })
          : html`<h3>${text}</h3>
              <p class="small">${hint}</p>`
      }
    </div>
    ${
      packages.length > 0
        ? badge('published', 'good')
        : linkButton(publishPathWith([cloneUrl]), 'Publish', {
            kind: 'quiet',
            isSmall: true,
            fullText: `Publish ${name}`,
          })
    }
  </li>`
}

const stopped = ({ repositories, search, integration }: RepositoryListing): Html =>
  html`<p>
    ${integration.host} lists more repositories than we read at once, so we stopped.
    ${
      repositories.length === 0 &&
      (search
        ? html`None with “${search}” was found so far.`
        : 'None that may be published was found so far.')
    }
    Search on, or <a href="${PUBLISH}">enter the URL of the repository</a>.
  </p>`

function nothing({ search, isFirstPage, integration }: RepositoryListing): Html {
  if (search)
    return html`<p>
      No ${!isFirstPage && 'other '}repository with “${search}” was found here.
      <a href="${PUBLISH}">Enter its URL instead.</a>
    </p>`
  if (!isFirstPage) return html`<p>There are no more repositories.</p>`
  return emptyState({
    symbol: 'branch',
    title: 'No repository to publish',
    text: `The connected person may push to no repository of ${integration.host} that we may use. Choose repositories there, then connect the host again.`,
    action: linkButton(GIT_PATH, 'See your Git hosts'),
  })
}

function pages({ integration, search, isFirstPage, next, hasStopped }: RepositoryListing): Html {
  const pathTo = (after?: string) => {
    const query = new URLSearchParams({ ...(search && { search }), ...(after && { after }) }).toString()
    return `${repositoriesPath(integration.id)}${query && `?${query}`}`
  }
  return html`<p class="buttons">
    ${!isFirstPage && linkButton(pathTo(), 'First repositories', { kind: 'quiet' })}
    ${next !== undefined && linkButton(pathTo(next), hasStopped ? 'Search on' : 'Next repositories', { kind: 'quiet' })}
  </p>`
}
