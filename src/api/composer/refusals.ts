import type { ProjectId } from '#kernel/ids'
import type { RefusedKeys } from '#domain/projects'
import { type JsonAnswer, message, warning } from './answer.ts'
import { nextStepAfter } from './next-steps.ts'

interface Named {
  name: string
  /** True when the package has a page where it is sold. */
  isPublic: boolean
}

/** Returns the page of a package, or the shop when the package has no page. */
export const pageOf = (publicUrl: string, { name, isPublic }: Named) =>
  isPublic ? `${publicUrl}/packages/${name}` : `${publicUrl}/`

/**
 * 402, because after a 404 Composer would install a package of that name from another repository. `comesWith`: the
 * packages on sale that bring a hidden one.
 */
export function notLicensed(
  publicUrl: string,
  { comesWith, ...found }: Named & { comesWith: readonly string[] },
): JsonAnswer {
  const fact = `${found.name} is not licensed for this project`
  if (found.isPublic)
    return warning(402, `${fact}.`, {
      step: nextStepAfter('not_licensed', publicUrl, pageOf(publicUrl, found)),
    })
  const [first] = comesWith
  if (!first) return warning(402, `${fact}, and it is not on sale.`)
  return warning(402, `${fact}. It is not sold alone: it comes with ${comesWith.join(', ')}.`, {
    step: nextStepAfter('comes_with', publicUrl, pageOf(publicUrl, { name: first, isPublic: true })),
  })
}

/** A version that was released too late for a project. */
export interface LateVersion {
  name: string
  tag: string
  /** The licensed package that grants this one: the package itself, or one that requires it. */
  grantedBy: Named | undefined
}

export const releasedTooLate = (publicUrl: string, { name, tag, grantedBy }: LateVersion): string =>
  message(`${name} ${tag} was released after your update window ended.`, renewal(publicUrl, grantedBy))

export const tooLate = (publicUrl: string, late: LateVersion): JsonAnswer => ({
  status: 402,
  body: { warning: releasedTooLate(publicUrl, late) },
})

export const endsSoon = (publicUrl: string, held: Named & { until: Date }): string =>
  message(`${held.name}: updates end on ${held.until.toISOString().slice(0, 10)}.`, renewal(publicUrl, held))

export const needsComposer26 = (publicUrl: string, { tag, ...found }: Named & { tag: string }): string =>
  message(
    `${found.name} ${tag} is not offered to this Composer, which cannot read its version.`,
    nextStepAfter('old_composer', publicUrl, pageOf(publicUrl, found)),
  )

/** Says which versions of a package Composer could not load, so that their absence is no riddle. */
export function leftOut(
  publicUrl: string,
  { versions, ...found }: Named & { versions: readonly { tag: string; field: string }[] },
): string {
  const named = versions.slice(0, MOST_NAMED).map(({ tag, field }) => `${tag} (${field})`)
  const more = versions.length > MOST_NAMED ? ` and ${versions.length - MOST_NAMED} more` : ''
  return message(
    `${found.name} is offered without ${named.join(', ')}${more}, because Composer cannot load it.`,
    nextStepAfter('left_out', publicUrl, pageOf(publicUrl, found)),
  )
}
const MOST_NAMED = 3

/** A package that is not sold any more cannot be renewed. */
const renewal = (publicUrl: string, held: Named | undefined): string =>
  held?.isPublic
    ? nextStepAfter('updates_end', publicUrl, pageOf(publicUrl, held))
    : nextStepAfter('updates_end_for_good', publicUrl)

/** A version that is younger than the cooldown of a project. */
export const coolingDown = (
  publicUrl: string,
  { project, name, tag, until }: { project: ProjectId; name: string; tag: string; until: Date },
): string =>
  message(
    `${name} ${tag} is held back by this project's cooldown until ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    nextStepAfter('cooling_down', publicUrl, `${publicUrl}/account/projects/${project}`),
  )

export const blocked = (
  publicUrl: string,
  { tag, because, ...found }: Named & { tag: string; because: string },
): JsonAnswer =>
  warning(410, `${found.name} ${tag} was blocked as malware: ${because}.`, {
    step: nextStepAfter('blocked', publicUrl, pageOf(publicUrl, found)),
  })

/** 401, so that Composer asks for other credentials. */
const unauthorized = (fact: string, step: string): JsonAnswer =>
  warning(401, fact, { step, headers: { 'www-authenticate': 'Basic realm="packagento"' } })

/** Composer found no credentials for our host and port, so it sent none. */
export const noCredentials = (publicUrl: string): JsonAnswer =>
  unauthorized(
    `Composer sent no credentials for ${new URL(publicUrl).host}.`,
    nextStepAfter('no_credentials', publicUrl),
  )

/** Each has its own way out. The time is that of the revocation, or of the end after a rotation. */
export function refusedKeys(publicUrl: string, keys: RefusedKeys): JsonAnswer {
  if (keys.refused === 'unknown_key')
    return unauthorized('This project token is unknown.', nextStepAfter('unknown_key', publicUrl))
  const { refused, project, endedAt } = keys
  const how = refused === 'revoked_key' ? 'was revoked' : 'was replaced and ended'
  const at = endedAt.toISOString().slice(0, 16).replace('T', ' ')
  const page = `${publicUrl}/account/projects/${project}`
  return unauthorized(`This project token ${how} on ${at} UTC.`, nextStepAfter(refused, publicUrl, page))
}

export const archivedProject = (publicUrl: string): JsonAnswer =>
  warning(403, 'The project of this token is archived.', {
    step: nextStepAfter('archived_project', publicUrl),
  })

export const deletedOrg = (publicUrl: string): JsonAnswer =>
  warning(403, 'The org of this token was deleted.', { step: nextStepAfter('deleted_org', publicUrl) })

/** The same answer whether the project belongs to somebody else or does not exist. */
export const otherProject = (publicUrl: string): JsonAnswer =>
  warning(403, 'This project token is for another project than the repository URL names.', {
    step: nextStepAfter('other_project', publicUrl),
  })
