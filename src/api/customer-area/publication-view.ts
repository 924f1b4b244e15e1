import { z } from 'zod'
import { publishPackage, type Publication } from '#contracts/publish-package'
import type { Operation } from '#domain/operations'
import type { PublicationProgress } from '#domain/publications'
import type { Params } from '#kernel/errors'
import { visible } from '../../mcp/call/foreign-text.ts'
import { badge } from './components/badge.ts'
import { linkButton } from './components/button.ts'
import type { Notice, Tone } from './components/notice.ts'
import { type Step, stepper } from './components/stepper.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { shownStep } from './next-steps.ts'
import { isStopping } from './operation-words.ts'
import { pathOf } from './packages/paths.ts'
import { publishPathWith, stepAfterPublishing } from './packages/own-steps.ts'

/** `https://git.example/acme/module-search` as `git.example/acme/module-search`. */
export const shortUrl = (url: string): string => visible(url).replace(/^https?:\/\//, '')

/** The steps of a publication that runs, waits or is stopped: the access, then a step for each repository. */
export function publicationSteps(operation: Operation, { isReached, states }: PublicationProgress): Html {
  const { connectionId, createdAt, subject = [], status, waitingUntil } = operation
  const stops = isStopping(operation)
  const isWaiting = status === 'waiting_for_you'
  const access: Step = isReached
    ? { name: 'The Git host gives access', state: 'done' }
    : stops
      ? { name: 'The Git host gives access', state: 'later' }
      : {
          name: isWaiting ? 'You allow the access' : 'We ask the Git host for access',
          state: 'current',
          time: waitingUntil && html`until ${momentText(waitingUntil)}`,
          ...(isWaiting && { about: 'On the page of the Git host. We go on by ourselves afterwards.' }),
        }
  return stepper([
    { name: connectionId ? 'Your assistant asked' : 'You asked', state: 'done', time: momentText(createdAt) },
    access,
    ...subject.map((url, index) => repositoryStep(url, stateIn(states[index], stops))),
    ...(stops ? [{ name: 'We stop publishing', state: 'current' } as const] : []),
  ])
}

const stateIn = (state: Step['state'] = 'later', stops: boolean): Step['state'] =>
  stops && state === 'current' ? 'later' : state

const repositoryStep = (url: string, state: Step['state']): Step => ({
  name: `Publish ${shortUrl(url)}`,
  state,
  ...(state === 'failed' && { about: 'Refused. The others go on, and the reason is shown at the end.' }),
})

/** The repositories that were asked for, when none of them has a result. */
export const askedRepositories = ({ subject = [] }: Operation): Html | false =>
  subject.length > 0 &&
  html`<h2>${subject.length === 1 ? 'Repository' : 'Repositories'}</h2>
    <ul class="rows">
      ${subject.map((url) => html`<li><p class="mono">${shortUrl(url)}</p></li>`)}
    </ul>
    <p class="buttons">${linkButton(publishPathWith(subject), 'Publish again', { kind: 'quiet' })}</p>`

/** What became of each repository. Undefined for a result that another release has written. */
export function publicationResult(
  operation: Operation,
): { message: Pick<Notice, 'tone' | 'text'>; list: Html } | undefined {
  const { data } = publishPackage.output.safeParse(operation.result)
  if (!data) return undefined
  const all = data.repositories as Publication[]
  const urlsOf = (outcome: Publication['outcome']) =>
    all.flatMap((each) => (each.outcome === outcome ? [each.repository] : []))
  const [checked, refused] = [urlsOf('would_be_published'), urlsOf('refused')]
  return {
    message: messageFor(all, checked.length > 0),
    list: html`<h2>${all.length === 1 ? 'Repository' : 'Repositories'}</h2>
      <ul class="rows">
        ${all.map((each) => repositoryRow(operation, each))}
      </ul>
      <p class="buttons">
        ${checked.length > 0 && linkButton(publishPathWith(checked, vendorOf(all)), 'Publish')}
        ${refused.length > 0 && linkButton(publishPathWith(refused), 'Try the refused again', { kind: 'quiet' })}
      </p>`,
  }
}

/** The slug of the vendor: the first part of the names. */
const vendorOf = (all: readonly Publication[]): string | undefined =>
  all.find((each) => each.package !== undefined)?.package?.split('/')[0]

function messageFor(all: readonly Publication[], isCheck: boolean): Pick<Notice, 'tone' | 'text'> {
  const refused = all.filter(({ outcome }) => outcome === 'refused').length
  if (isCheck) {
    const rest = refused ? ` ${refused} of ${all.length} would be refused.` : ''
    return { tone: refused ? 'warn' : 'info', text: `This was a check: nothing is published yet.${rest}` }
  }
  if (refused)
    return {
      tone: 'warn',
      text: `A part is published; ${refused} of ${all.length} ${refused === 1 ? 'was' : 'were'} refused.`,
    }
  return {
    tone: 'good',
    text: all.length === 1 ? 'The repository is published.' : `${all.length} repositories are published.`,
  }
}

const OUTCOMES: Record<Publication['outcome'], readonly [words: string, tone: Tone]> = {
  published: ['published', 'good'],
  already_published: ['was published before', 'good'],
  would_be_published: ['can be published', 'info'],
  refused: ['refused', 'bad'],
}

function repositoryRow(operation: Operation, each: Publication): Html {
  const { repository, outcome, package_id: id, package: name } = each
  const isDone = outcome === 'published' || outcome === 'already_published'
  const title = name === undefined ? undefined : visible(name)
  return html`<li>
    <div class="about">
      <h3>
        ${id && title !== undefined ? html`<a class="mono" href="${pathOf(id)}">${title}</a>` : html`<span class="mono">${title ?? shortUrl(repository)}</span>`}
        ${badge(...OUTCOMES[outcome])}
      </h3>
      ${title !== undefined && html`<p class="small mono">${shortUrl(repository)}</p>`} ${versionsOf(each)}
      ${skippedOf(each)} ${refusalOf(operation, each)} ${isDone && hookOf(each)}
    </div>
    ${
      id &&
      isDone &&
      linkButton(pathOf(id), outcome === 'published' ? 'Set texts and price' : 'See the package', {
        kind: 'quiet',
        isSmall: true,
        fullText: `${outcome === 'published' ? 'Set texts and price' : 'See the package'}: ${title ?? ''}`,
      })
    }
  </li>`
}

function versionsOf(publication: Publication): Html | false {
  const { versions = [], more_versions: more = 0, outcome } = publication
  if (outcome === 'refused') return false
  if (!versions.length) return html`<p class="small">No tag became a version.</p>`
  const all = versions.length + more
  return html`<p class="small">
    ${all === 1 ? '1 version' : `${all} versions`}:
    <span class="mono">${versions.map(({ version }) => version).join(', ')}</span
    >${more > 0 && ` and ${more} more`}. ${checksOf(publication)}
  </p>`
}

/** Only the checks of the listed versions are known here. */
function checksOf({ versions = [], more_versions: more = 0, outcome }: Publication): string | false {
  if (outcome === 'would_be_published') return false
  const warned = versions.flatMap(({ version, warnings = 0 }) => (warnings > 0 ? [version] : []))
  const others = more > 0 ? ' The page of the package shows the checks of the others.' : ''
  if (warned.length)
    return `Checks warn about ${warned.join(', ')}; the page of the package says why.${others}`
  return others ? `All checks of the versions named here pass.${others}` : 'All checks pass.'
}

const skippedOf = ({ skipped = [], more_skipped: more = 0 }: Publication): Html | false =>
  skipped.length > 0 &&
  html`<p class="small">Tags that are no versions:</p>
    <ul class="small">
      ${skipped.map(({ tag, message }) => html`<li><span class="mono">${visible(tag)}</span>: ${visible(message)}</li>`)}
      ${more > 0 && html`<li>and ${more} more</li>`}
    </ul>`

/** Why a repository was refused, or why the tags of a published one could not be read. */
function refusalOf({ connectionId }: Operation, { error, repository }: Publication): Html | false {
  if (!error) return false
  const step = stepAfterPublishing(
    { ...error, params: paramsOf(error) },
    {
      isOwn: !connectionId,
      urls: [repository],
    },
  )
  return html`<p>${visible(error.message)} ${step && shownStep(step)}</p>`
}

const params = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]))

/** The result of an operation keeps the facts of a refusal beside its message. */
const paramsOf = (error: object): Params => params.catch({}).parse('params' in error ? error.params : {})

const hookOf = ({ hook, hook_page: page }: Publication): Html => {
  const path = page && URL.canParse(page) ? new URL(page).pathname : undefined
  return hook === 'missing_permission'
    ? html`<p class="small">
        New tags become versions within 15 minutes.
        ${path !== undefined && html`<a href="${path}">With a push hook: within seconds.</a>`}
      </p>`
    : html`<p class="small">Each new version tag becomes a version by itself.</p>`
}
