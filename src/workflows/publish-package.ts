import { isCancellation, setCurrentDetails, TemporalFailure } from '@temporalio/workflow'
import type { Publication } from '#contracts/publish-package'
import { mintId } from '#kernel/ids'
import type { OpenedRepository } from '#activities'
import { detailsOf } from '#contracts/messages'
import { readGit } from './git-steps.ts'
import { operation, refusalIn, type Story } from './operation.ts'
import { failureOf, NO_GIT_ACCESS } from './refusals.ts'
import { saga } from './saga.ts'
import { now, retryForMinutes, retryForDays, retryForever } from './steps.ts'

/**
 * Publishes repositories one after another. First a person allows the access to every host, then something is written.
 * A refused repository is undone and spares the others; the story fails only when none is published.
 */
export const publishPackage = operation(async (story) => {
  const { operationId } = story
  const { repositories, isDryRun } = await retryForMinutes.openPublications({ operationId, at: now() })
  setCurrentDetails(detailsOf(repositories.map(({ repository }) => repository).join(', ')))
  const publish = isDryRun ? previewRepository : publishRepository
  const failures = new Map<number, TemporalFailure>()
  for (const each of repositories)
    await noteFailure(each, failures, () => reach(each, story, { failures, isDryRun }))
  const outcomes: Publication[] = []
  for (const each of repositories) {
    const isAnyPublished = !isDryRun && outcomes.some(({ outcome }) => outcome !== 'refused')
    // what is published stays, so from then on the rest is published, too
    const rest = isAnyPublished ? { ...story, checkpoint: () => {} } : story
    const outcome = await noteFailure(each, failures, () => publish(each, rest))
    if (outcome) outcomes.push({ repository: each.repository, ...outcome })
    else outcomes.push(refused(each, failures))
  }
  const [firstFailure] = failures.values()
  if (firstFailure && failures.size === repositories.length) throw firstFailure
  return { repositories: outcomes }
})

type Outcome = Omit<Publication, 'repository'>

/** Runs the steps of one repository unless an earlier one failed, and notes why one fails. Throws any other error: a bug. */
async function noteFailure<T>(
  { position }: OpenedRepository,
  failures: Map<number, TemporalFailure>,
  steps: () => Promise<T>,
): Promise<T | undefined> {
  if (failures.has(position)) return undefined
  try {
    return await steps()
  } catch (failure) {
    if (!(failure instanceof TemporalFailure) || isCancellation(failure)) throw failure
    failures.set(position, failure)
    return undefined
  }
}

function refused(
  { position, repository }: OpenedRepository,
  failures: Map<number, TemporalFailure>,
): Publication {
  // with its params, from which the door makes the next step
  const error = refusalIn(failures.get(position))
  return { repository, outcome: 'refused', error }
}

const stepOf = ({ position }: OpenedRepository, { operationId }: Pick<Story, 'operationId'>) => ({
  operationId,
  position,
  at: now(),
})

interface Reaching {
  failures: Map<number, TemporalFailure>
  isDryRun: boolean
}

/** Waits until the org reaches the repository. When nobody came for one, the next ones do not wait. */
async function reach(each: OpenedRepository, story: Story, { failures, isDryRun }: Reaching): Promise<void> {
  story.checkpoint()
  if ((await retryForMinutes.reachRepository(stepOf(each, story))) === 'reached') return
  const hasExpired = [...failures.values()].some((failure) => refusalIn(failure).code === NO_GIT_ACCESS.code)
  if (isDryRun || hasExpired) throw failureOf(NO_GIT_ACCESS)
  const since = now()
  const { until } = await retryForMinutes.awaitConsent(stepOf(each, story))
  const look = () => retryForever.lookForAccess({ ...stepOf(each, story), since })
  if (!(await story.waitFor({ for: 'git_consent', until: Date.parse(until), look })))
    throw failureOf(NO_GIT_ACCESS)
}

async function previewRepository(each: OpenedRepository, story: Story): Promise<Outcome> {
  story.checkpoint()
  return readGit.previewRepository(stepOf(each, story))
}

/** The package and its hook can be undone. From the first look at the tags on, the story only goes forward. */
async function publishRepository(each: OpenedRepository, story: Story): Promise<Outcome> {
  story.checkpoint()
  await readGit.readRepository(stepOf(each, story))
  const created = await saga(async (ifItFails) => {
    const packageId = mintId('pkg', Date.now(), Math.random)
    const hookId = mintId('hok', Date.now(), Math.random)
    ifItFails(() => retryForever.deletePackage(stepOf(each, story)))
    const { id, name, isNew } = await retryForMinutes.createPackage({ ...stepOf(each, story), packageId })
    ifItFails(() => retryForever.removeHook({ ...stepOf(each, story), packageId: id }))
    const hook = await retryForMinutes.installHook({ ...stepOf(each, story), packageId: id, hookId })
    story.checkpoint()
    return { id, name, isNew, hook }
  })
  const { id: packageId, name, isNew, hook } = created
  await story.pointOfNoReturn()
  const asked = await retryForDays.askForSync({ ...stepOf(each, story), packageId })
  const look = () => retryForever.lookAtSync({ ...stepOf(each, story), packageId, asked })
  const tags = await story.watch(look)
  const outcome = isNew ? 'published' : 'already_published'
  return { outcome, package_id: packageId, package: name, ...hook, ...tags }
}
