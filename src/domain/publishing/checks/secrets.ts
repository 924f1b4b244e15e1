import { type Check, checkOf, type Finding, type Inspected, listOf, matchesFile } from './check.ts'

const PRIVATE_KEY = /-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----\s*[A-Za-z0-9+/=\r\n:, -]{40}/
/** Of GitHub, GitLab, AWS, Stripe, Slack, Google, SendGrid, npm, and of this market's kind of providers. */
const TOKEN = new RegExp(
  [
    'gh[pousr]_[A-Za-z0-9]{36}',
    'github_pat_[A-Za-z0-9_]{60}',
    'glpat-[A-Za-z0-9_-]{20}',
    '(?:AKIA|ASIA)[0-9A-Z]{16}',
    '[sr]k_live_[0-9a-zA-Z]{20}',
    'xox[abprs]-[0-9A-Za-z-]{20}',
    'AIza[0-9A-Za-z_-]{35}',
    String.raw`SG\.[\w-]{20,24}\.[\w-]{39,50}`,
    'npm_[A-Za-z0-9]{36}',
  ]
    .map((shape) => `\\b${shape}`)
    .join('|'),
)
const SECRET_FILE =
  /(^|\/)(\.env(\.(local|prod|production|live|staging))?|auth\.json|id_(rsa|dsa|ecdsa|ed25519)|\.npmrc|\.htpasswd|[^/]+\.(pfx|p12|keystore|jks))$/i

/** Whether the vendor shipped secrets by mistake. Names only paths, never a value. */
export function checkSecrets({ files }: Inspected): Check {
  const keys: string[] = []
  const tokens: string[] = []
  for (const file of files) {
    if (matchesFile(PRIVATE_KEY, file)) keys.push(file.path)
    if (matchesFile(TOKEN, file)) tokens.push(file.path)
  }
  const named = files.filter(({ path }) => SECRET_FILE.test(path)).map(({ path }) => path)
  const found: Finding[] = []
  if (keys.length) found.push({ status: 'fail', message: `It ships private keys: ${listOf(keys)}.` })
  if (tokens.length) found.push({ status: 'fail', message: `It ships access tokens: ${listOf(tokens)}.` })
  if (named.length)
    found.push({ status: 'warn', message: `It ships files that hold secrets: ${listOf(named)}.` })
  return checkOf('secrets', found, 'No private keys or access tokens of known forms were found.')
}
