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
  read: { name: 'Read only', means: 'It looks things up. It changes only in which org it works.' },
  install: {
    name: 'Set up and install',
    means: 'It also sets up projects, manages their keys and assigns your licences. It buys nothing.',
  },
  buy: {
    name: 'Buy within a limit',
    means:
      'It also buys packages with a saved card, within your limit, chooses the default card and changes the billing details.',
  },
  all: {
    name: 'Everything my role may do',
    means: 'It also applies as a vendor, publishes packages and manages the team.',
  },
}

/** The granted scopes: each of them was asked for, is in the profile, and stayed ticked. `read` is always granted. */
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

/**
 * The profiles from which the person chooses, smallest first. Leaves out a profile that grants no more than a smaller
 * one.
 */
export function profilesFor(requested: readonly Scope[]): Profile[] {
  const granted = (profile: Profile) => SCOPES_OF[profile].filter((scope) => requested.includes(scope)).length
  return PROFILES.filter((profile, i) => {
    const smaller = PROFILES[i - 1]
    return !smaller || granted(profile) > granted(smaller)
  })
}

/** The profile that is preselected: the largest one that is offered, but never the one with everything. */
export const profileChosen = (offered: readonly Profile[]): Profile =>
  offered.findLast((profile) => profile !== 'all') ?? 'read'

/** The profiles that include a scope. The row of the scope has them as CSS classes. */
export const profilesWith = (scope: Scope): Profile[] =>
  PROFILES.filter((profile) => SCOPES_OF[profile].includes(scope))
