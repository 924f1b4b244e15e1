import type { FastifyInstance } from 'fastify'
import { audit, by } from '#domain/audit'
import { assertMayOn, orgIdOf } from '#domain/orgs'
import {
  authJsonFor,
  createProjectToken,
  findToken,
  installSnippet,
  keysIn,
  projectAccess,
  ProjectTokenNotFound,
  readKeys,
  revokeToken,
  rotateToken,
  type TokenOfProject,
} from '#domain/projects'
import { isId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { tokenLabel } from '#kernel/schemas'
import { linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { codeBlock, keyReveal } from '../components/code-block.ts'
import { confirmation } from '../components/confirm.ts'
import { notice } from '../components/notice.ts'
import { momentText } from '../components/text.ts'
import { radioCards } from '../components/choice.ts'
import { button } from '../components/button.ts'
import { html, type Html } from '../html.ts'
import { notFoundPage, type Page, sendPage } from '../layout.ts'
import { csrfField } from '../session.ts'
import { START } from '../visit-limits.ts'
import {
  crumbsOf,
  formFields,
  type ForProject,
  keyIn,
  pathOf,
  type ProjectsOptions,
  textsIn,
  type Visit,
  visitOf,
} from './visit.ts'

const OVERLAPS = new Set(['0', '24', '168'])

/**
 * Making, rotating and revoking keys, and the page that shows new ones. A form that is sent twice makes one pair. The
 * page can be opened again for 15 minutes, by the same person only.
 */
export function keyPages(app: FastifyInstance, options: ProjectsOptions): void {
  const { db, secrets, publicUrl, now } = options
  const common = ({ caller, access: org }: Visit) => ({
    caller,
    org,
    publicUrl,
    seal: secrets.seal,
    at: now(),
  })

  app.post<ForProject>(pathOf(':project', 'keys'), START, async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const texts = textsIn(request)
    // an empty label and one of several lines get the default
    const { data: label } = tokenLabel.safeParse(texts('label').slice(0, 100))
    const input = { project: visit.project.id, label }
    const made = await createProjectToken(db, { ...common(visit), input, key: keyIn(texts) })
    return reply.redirect(pathOf(visit.project.id, 'new-keys', made.operation), 303)
  })

  app.post<ForProject>(pathOf(':project', 'keys', ':token', 'rotate'), START, async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const texts = textsIn(request)
    const overlap_hours = OVERLAPS.has(texts('overlap')) ? Number(texts('overlap')) : undefined
    const { id: token } = await tokenOf(db, visit)
    const input = { token, ...(overlap_hours !== undefined && { overlap_hours }) }
    const made = await rotateToken(db, { ...common(visit), input, key: keyIn(texts) })
    return reply.redirect(pathOf(visit.project.id, 'new-keys', made.operation), 303)
  })

  app.get<ForProject>(pathOf(':project', 'keys', ':token', 'rotate'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    assertMayOn(visit.access, 'manage_project_tokens', visit.project.id)
    const token = await tokenOf(db, visit)
    return sendPage(reply, overPage(visit, token, now()) ?? rotatePage(visit, token))
  })

  app.get<ForProject>(pathOf(':project', 'keys', ':token', 'revoke'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    assertMayOn(visit.access, 'manage_project_tokens', visit.project.id)
    const token = await tokenOf(db, visit)
    return sendPage(reply, overPage(visit, token, now()) ?? revokePage(visit, token))
  })

  app.post<ForProject>(pathOf(':project', 'keys', ':token', 'revoke'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { caller, access: org, project } = visit
    const { id: token } = await tokenOf(db, visit)
    await revokeToken(db, { caller, org, token, at: now() })
    return reply.redirect(`${pathOf(project.id)}?saved=revoked`, 303)
  })

  app.get<ForProject>(pathOf(':project', 'new-keys', ':operation'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    assertMayOn(visit.access, 'manage_project_tokens', visit.project.id)
    return showNewKeys(options, visit)
  })
}

/** The token of the URL. Refuses one of another project, also of the same org, so that a form changes only what its URL names. */
async function tokenOf(db: Db, { access, project, request }: Visit): Promise<TokenOfProject> {
  const token = await findToken(db, access, request.params.token)
  if (token.project !== project.id) throw new ProjectTokenNotFound()
  return token
}

/** Keys that this operation made for another project count as gone, and stay readable at their own page. */
async function showNewKeys({ db, secrets, publicUrl, now }: ProjectsOptions, visit: Visit) {
  const { caller, access, project, reply } = visit
  const { operation: id } = visit.request.params
  if (!isId('op', id)) return sendPage(reply, notFoundPage, 404)
  const at = now()
  // only the person who asked for the keys finds their secret
  const secret = await readKeys(db, { operation: id, project: project.id, caller, at })
  if (!secret) return sendPage(reply, gonePage(visit), 410)
  const authJson = authJsonFor(publicUrl, keysIn(secrets.open(secret, id)))
  const org = orgIdOf(access)
  const event = {
    chain: `org:${org}`,
    action: 'show_auth_json',
    outcome: 'done',
    org,
    object: project.id,
  } as const
  await audit(db, { ...event, ...by(caller), operation: id })
  const { packages } = await projectAccess(db, { project: project.id, at })
  const { composer_commands: commands } = installSnippet(publicUrl, project.id, packages)
  return sendPage(
    reply,
    newKeysPage(visit, { authJson: JSON.stringify(authJson, null, 2), commands, until: secret.until }),
  )
}

interface NewKeys {
  authJson: string
  commands: readonly string[]
  /** When they end, because they were rotated meanwhile. */
  until: Date | undefined
}

const newKeysPage = ({ project }: Visit, { authJson, commands, until }: NewKeys): Page => ({
  title: 'New keys',
  heading: `Keys of ${project.name}`,
  breadcrumb: crumbsOf(project),
  action: linkButton(pathOf(project.id), 'I have copied them'),
  body: html`${keyReveal({
    name: 'auth.json, beside composer.json',
    secret: authJson,
    warning: 'Copy the keys now. This page shows them for 15 minutes.',
    until,
    whenLost: 'Only you can open it again. Did you lose them? Make new ones and revoke these.',
  })}
  ${card('Then tell Composer where the packages are', codeBlock(commands.join('\n'), { caption: 'In the folder of your shop' }))}`,
})

const gonePage = ({ project }: Visit): Page => ({
  title: 'New keys',
  heading: `Keys of ${project.name}`,
  breadcrumb: crumbsOf(project),
  body: html`${notice({
    tone: 'info',
    title: 'These keys cannot be shown',
    text: 'Only the person who made them can see them: within 24 hours, and for 15 minutes after the first look. Keys that were seen still work; keys made in the browser that nobody opened in time have ended. If nobody has copied them, make new ones.',
    action: linkButton(pathOf(project.id), `Back to ${project.name}`),
  })}`,
})

/** Which keys: several may have the same label. */
const keysText = ({ label, publicKey }: TokenOfProject): Html =>
  html`The keys “${label}” with the public key <span class="mono">${publicKey}</span>.`

/** Instead of a form, for keys that have ended. Undefined for keys that work. */
function overPage({ project }: Visit, token: TokenOfProject, at: Date): Page | undefined {
  const { revokedAt, expiresAt } = token
  const ended = revokedAt ?? (expiresAt && expiresAt <= at ? expiresAt : undefined)
  if (!ended) return undefined
  const how = revokedAt ? 'revoked' : 'expired'
  return {
    title: `Keys are ${how}`,
    heading: `These keys are ${how}`,
    lead: keysText(token),
    breadcrumb: crumbsOf(project),
    body: notice({
      tone: 'info',
      text: html`They ended on ${momentText(ended)}: Composer gets 401 with them. They cannot be rotated or
      made to work again. Make new keys where somebody still needs some.`,
      action: linkButton(pathOf(project.id), `Back to ${project.name}`),
    }),
  }
}

const rotatePage = ({ project, request, reply }: Visit, token: TokenOfProject): Page => ({
  title: 'Rotate keys',
  heading: 'Rotate these keys?',
  lead: html`${keysText(token)} You get new keys for the same place. The old ones can work a while longer, so
  that no installation fails.`,
  breadcrumb: crumbsOf(project),
  body: html`<form
    class="stack card"
    method="post"
    action="${pathOf(project.id, 'keys', request.params.token, 'rotate')}"
  >
    ${formFields(reply)}
    ${radioCards({
      name: 'overlap',
      legend: 'What happens to the old keys',
      choices: [
        { value: '24', text: 'They work for 24 more hours', hint: 'Time to put the new keys everywhere.' },
        { value: '168', text: 'They work for 7 more days' },
        { value: '0', text: 'They stop at once', hint: 'When somebody else may have them.' },
      ],
      chosen: '24',
    })}
    <div class="buttons">
      ${button('Rotate the keys')} ${linkButton(pathOf(project.id), 'Cancel', { kind: 'quiet' })}
    </div>
  </form>`,
})

const revokePage = ({ project, request, reply }: Visit, token: TokenOfProject): Page => ({
  title: 'Revoke keys',
  heading: 'Revoke these keys?',
  lead: keysText(token),
  breadcrumb: crumbsOf(project),
  body: confirmation({
    action: pathOf(project.id, 'keys', request.params.token, 'revoke'),
    hidden: csrfField(reply),
    consequence:
      'Composer gets 401 with these keys from now on, and they cannot be made to work again. Rotate them instead where somebody still installs with them.',
    verb: 'Revoke the keys',
    back: { href: pathOf(project.id), text: 'Keep them' },
  }),
})
