import { styleText } from 'node:util'
import { ORGS, PEOPLE, SANDBOX_PASSWORD } from './seed/cast.ts'

const BUYER = 'buyer@example.test'

export interface Running {
  shop: string
  mcp: string
  temporal: string
  temporal_ui: string | undefined
  stripe: string | undefined
  mail: string | undefined
  git: string | undefined
  /** Milliseconds until everything was ready. */
  ready: number
  /** Folder of the data, relative to the checkout. */
  data: string
}

/** The text that is printed when everything runs: the addresses, the people, and how to begin. */
export function summary({
  shop,
  mcp,
  temporal,
  temporal_ui,
  stripe,
  mail,
  git,
  ready,
  data,
}: Running): string {
  const links = [
    ['Shop', shop],
    ['MCP endpoint', mcp],
    ['Temporal UI', temporal_ui ?? temporal],
    ['Mailbox', mail ?? 'a real server, by SMTP_URL'],
    ['Sandbox Stripe', stripe ?? 'the real one, by STRIPE_SECRET_KEY'],
    ['Sandbox GitHub', git ?? 'the real ones, by GIT_HOSTS'],
  ]
  const people = PEOPLE.map(({ email, orgs }) => [email, rolesIn(orgs)])
  return `
  ${styleText('bold', 'Ready')} in ${ready} ms

${table(links)}

  ${styleText('bold', 'Connect Claude Code')}
    claude mcp add --scope user --transport http packagento ${mcp}
  In Claude Code, /mcp opens the browser: sign in as ${BUYER} and allow.

  ${styleText('bold', 'Then say')}
    "Which packages for product search does the shop have?"
    "Buy northwind/module-search for my staging shop and give me the auth.json."
    "What do I own, and on which projects?"

  ${styleText('bold', 'Who is here')}, each with the password ${SANDBOX_PASSWORD}
${table(people)}

  Ctrl-C stops everything; data and logs stay in ${data}
`
}

function rolesIn(orgs: Record<string, string>): string {
  const roles = Object.entries(orgs).map(
    ([slug, role]) => `${role} of ${slug}${ORGS[slug]?.card ? '' : ' (no card)'}`,
  )
  return roles.join(', ') || 'platform operator'
}

const table = (rows: string[][]) =>
  rows.map(([name = '', value]) => `  ${styleText('dim', name.padEnd(24))} ${value}`).join('\n')
