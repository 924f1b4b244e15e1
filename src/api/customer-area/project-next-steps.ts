import type { ProjectsCode } from '#domain/projects'
import type { SharingCode } from '#domain/sharing'
import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from './next-step.ts'

export type { SharingCode }

const PROJECTS = { href: '/account/projects', text: 'See your projects.' }
const NEW_LINK: NextStep = { text: 'Ask an owner or admin of the org to share it again.', link: PROJECTS }

/** What a person can do next after a refusal about a share or a key of a project. */
export const PROJECT_STEPS = {
  already_sees_project: { text: 'There is nothing to share.', link: PROJECTS },
  project_token_expired: { text: 'Make a new key on the page of the project.', link: PROJECTS },
  project_token_not_found: { text: 'It may have been removed.', link: PROJECTS },
  project_token_revoked: { text: 'Make a new key on the page of the project.', link: PROJECTS },
  share_end_past: { text: 'Choose a later day, or leave it empty.' },
  share_for_another: {
    text: 'Sign in with the account of that address, or ask for a link to the address of this account.',
    link: { href: '/sign-in', text: 'Sign in as somebody else.' },
  },
  share_link_over: NEW_LINK,
  share_not_found: { text: 'It may have ended already.', link: PROJECTS },
  share_withdrawn: NEW_LINK,
  too_many_links: ({ limit, minutes }) => {
    const hours = Math.ceil(Number(textOf(minutes) || 60) / 60)
    const wait = `wait ${hours} ${hours === 1 ? 'hour' : 'hours'}, then try again.`
    return { text: limit === 'address' ? `Look for the last mail first, or ${wait}` : `W${wait.slice(1)}` }
  },
  too_many_shares: { text: 'End one first, or make the person a member of the org.' },
} satisfies Record<
  SharingCode | Extract<ProjectsCode, `project_token_${string}`>,
  NextStep | ((params: Params) => NextStep)
>
