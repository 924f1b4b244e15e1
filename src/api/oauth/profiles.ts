import { type Scope, SCOPES } from '#domain/orgs'

/** What a person allows with one click. */
export const PROFILES = ['read', 'install', 'buy', 'all'] as const
export type Profile = (typeof PROFILES)[number]

const SCOPES_OF: Record<Profile, readonly Scope[]> = {
  read: ['read'],
  install: ['read', 'projects'],
  buy: ['read', 'projects', 'buy'],
  all: SCOPES,
}

export const PROFILE_WORDS: Record<Profile, { name: string; means: string }> = {
  read: { name: 'Read only', means: 'It looks things up and changes nothing.' },
  install: {
    name: 'Set up and install',
    means: 'It sets up projects and installs what you own. It buys nothing.',
  },
  buy: { name: 'Buy within a limit', means: 'It also buys packages with the saved card, within your limit.' },
  all: { name: 'Everything my role may do', means: 'It also publishes packages and manages the team.' },
}

/** What is granted: only what was asked for, what the profile includes, and what stayed ticked. `read` always is. */
export function scopesWithin(choice: {
  requested: readonly Scope[]
  profile: Profile
  ticked: readonly string[]
}): Scope[] {
  const { requested, profile, ticked } = choice
  return SCOPES.filter(
    (scope) =>
      scope === 'read' ||
      (requested.includes(scope) && SCOPES_OF[profile].includes(scope) && ticked.includes(scope)),
  )
}

/** The profiles that differ for what was asked, smallest first. */
export function profilesFor(requested: readonly Scope[]): Profile[] {
  const granted = (profile: Profile) => SCOPES_OF[profile].filter((scope) => requested.includes(scope)).length
  return PROFILES.filter((profile, i) => {
    const smaller = PROFILES[i - 1]
    return !smaller || granted(profile) > granted(smaller)
  })
}

/** Buying within a limit when it was asked for, else the largest. Everything is never chosen before. */
export const profileChosen = (offered: readonly Profile[]): Profile =>
  offered.findLast((profile) => profile !== 'all') ?? 'read'

/** The classes of a scope's row: the profiles that include it. */
export const profilesWith = (scope: Scope): Profile[] =>
  PROFILES.filter((profile) => SCOPES_OF[profile].includes(scope))
