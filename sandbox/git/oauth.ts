import { isVerifierOf, lifetimeOf, newGrant, renewGrant } from './tokens.ts'
import { escape, notice, type PageAnswer } from '../stripe/html.ts'
import { accessOf, type Host, type HostCode, ownerOf, randomToken } from './state.ts'

const CODE_LIVES_MS = 10 * 60_000

/** Where each kind of host has its pages and its token endpoint. */
export const OAUTH_PATHS = {
  github: { authorize: '/login/oauth/authorize', token: '/login/oauth/access_token' },
  gitlab: { authorize: '/oauth/authorize', token: '/oauth/token' },
  gitea: { authorize: '/login/oauth/authorize', token: '/login/oauth/access_token' },
} as const

export const NAMES = { github: 'GitHub', gitlab: 'GitLab', gitea: 'Gitea' } as const

/** The consent page. It is also the sign-in: a person chooses who they are. */
export function authorizePage(host: Host, query: URLSearchParams): PageAnswer {
  const wrong = wrongRequest(host, query)
  if (wrong) return notice('Not possible', wrong, { status: 400 })
  const fields = [...query].map(([name, value]) => hidden(name, value)).join('')
  const scope = query.get('scope')
  return {
    title: `Authorize packagento · sandbox ${NAMES[host.kind]}`,
    main: `<div class="panel narrow"><h1>Authorize packagento</h1>
<p class="soft">${scope ? `It asks for: ${escape(scope)}` : 'It asks to see which installations you have.'}</p>
<form method="post" action="${OAUTH_PATHS[host.kind].authorize}">${fields}
<div class="field"><label for="user">You are</label><select id="user" name="user">${host.state.users
      .map(({ login }) => `<option>${escape(login)}</option>`)
      .join('')}</select></div>
<button name="answer" value="allow">Authorize</button>
<button class="second" name="answer" value="deny">Cancel</button></form></div>`,
  }
}

/** What a person answered on the consent page. */
export function authorizeAnswer(host: Host, form: URLSearchParams): PageAnswer {
  const wrong = wrongRequest(host, form)
  if (wrong) return notice('Not possible', wrong, { status: 400 })
  const back = new URL(form.get('redirect_uri') ?? '')
  back.searchParams.set('state', form.get('state') ?? '')
  const user = host.state.users.find(({ login }) => login === form.get('user'))
  if (form.get('answer') !== 'allow' || !user) {
    back.searchParams.set('error', 'access_denied')
    back.searchParams.set('error_description', 'The resource owner denied the request.')
    return { to: back.href }
  }
  const code: HostCode = {
    code: randomToken(''),
    user: user.login,
    clientId: host.app.clientId,
    redirectUri: form.get('redirect_uri') ?? '',
    challenge: form.get('code_challenge') ?? '',
    scope: form.get('scope') ?? '',
    expiresAt: host.now() + CODE_LIVES_MS,
  }
  host.state.codes = [...host.state.codes.filter(({ expiresAt }) => expiresAt > host.now()), code]
  host.save()
  back.searchParams.set('code', code.code)
  return { to: back.href }
}

/** The stand-in wants what we are meant to send: the registered redirect URI, a state, and PKCE. */
function wrongRequest({ app }: Host, query: URLSearchParams): string | undefined {
  if (query.get('client_id') !== app.clientId) return 'This application is unknown.'
  if (query.get('redirect_uri') !== app.callbackUrl) return 'The redirect URI is not registered.'
  if (query.get('response_type') !== 'code') return 'Only response_type=code is possible.'
  if (!query.get('state')) return 'The state is missing.'
  const isChallenge = /^[\w-]{43}$/.test(query.get('code_challenge') ?? '')
  return isChallenge && query.get('code_challenge_method') === 'S256' ? undefined : 'PKCE (S256) is missing.'
}

const hidden = (name: string, value: string) =>
  `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`

/** GitHub: the page on which a person chooses the repositories of the App. */
export function installPage(host: Host, query: URLSearchParams): PageAnswer {
  const rows = host.state.repositories.map(
    ({ id, path }) =>
      `<li><label><input type="checkbox" name="repository" value="${id}" style="width:auto"> ${escape(path)}</label></li>`,
  )
  return {
    title: 'Install packagento · sandbox GitHub',
    main: `<div class="panel narrow"><h1>Install packagento</h1>
<form method="post" action="/apps/${host.app.slug}/installations/new">${hidden('state', query.get('state') ?? '')}
<div class="field"><label for="user">You are</label><select id="user" name="user">${host.state.users
      .map(({ login }) => `<option>${escape(login)}</option>`)
      .join('')}</select></div>
<p>Only select repositories</p><ul class="cards">${rows.join('')}</ul>
<button name="answer" value="install">Install</button>
<button class="second" name="answer" value="request">Request from an owner</button></form></div>`,
  }
}

/** Installs the App on the accounts of the chosen repositories, and leads back with the id, as GitHub does. */
export function installAnswer(host: Host, form: URLSearchParams): PageAnswer {
  const back = new URL(host.app.callbackUrl)
  back.searchParams.set('state', form.get('state') ?? '')
  if (form.get('answer') === 'request') {
    back.searchParams.set('setup_action', 'request')
    return { to: back.href }
  }
  const login = form.get('user') ?? ''
  const chosen = host.state.repositories.filter(
    (each) => form.getAll('repository').includes(String(each.id)) && accessOf(each, login) === 'write',
  )
  for (const account of new Set(chosen.map(ownerOf)))
    install(
      host,
      account,
      chosen.filter((each) => ownerOf(each) === account).map(({ id }) => id),
    )
  const made = host.state.installations.find(({ account }) => account === ownerOf(chosen[0] ?? { path: '' }))
  back.searchParams.set('installation_id', String(made?.id ?? 0))
  back.searchParams.set('setup_action', 'install')
  return { to: back.href }
}

/** Returns the id of the installation. */
export function install(host: Host, account: string, repositories: number[]): number {
  const { installations } = host.state
  const known = installations.find((each) => each.account === account)
  const { id } = known ?? { id: host.nextId() }
  if (known) known.repositories = [...new Set([...known.repositories, ...repositories])]
  else installations.push({ id, account, repositories })
  host.save()
  return id
}

interface TokenAnswer {
  status: number
  body: object
}

/** The token endpoint. GitHub answers a refusal with 200, the others with 400 or 401. */
export function tokenAnswer(host: Host, form: URLSearchParams): TokenAnswer {
  const refuse = (error: string, error_description: string, status = 400) => ({
    status: host.kind === 'github' ? 200 : status,
    body: { error, error_description },
  })
  const { app, kind } = host
  if (form.get('client_id') !== app.clientId || form.get('client_secret') !== app.clientSecret)
    return kind === 'github'
      ? refuse('incorrect_client_credentials', 'The client_id or client_secret is incorrect.')
      : kind === 'gitea'
        ? refuse('unauthorized_client', 'invalid client secret')
        : refuse('invalid_client', 'Client authentication failed.', 401)
  if (form.get('grant_type') === 'refresh_token') {
    const renewed = renewGrant(host, form.get('refresh_token') ?? '')
    if (renewed) return grantAnswer(host, renewed)
    return kind === 'gitea'
      ? refuse('unauthorized_client', 'token was already used')
      : refuse('invalid_grant', 'The provided authorization grant is invalid.')
  }
  const code = host.state.codes.find((each) => each.code === form.get('code'))
  host.state.codes = host.state.codes.filter((each) => each !== code)
  const isRight =
    code &&
    code.expiresAt > host.now() &&
    code.redirectUri === form.get('redirect_uri') &&
    isVerifierOf(code.challenge, form.get('code_verifier') ?? '')
  if (!isRight)
    return kind === 'github'
      ? refuse('bad_verification_code', 'The code passed is incorrect or expired.')
      : refuse('invalid_grant', 'The provided authorization grant is invalid.')
  return grantAnswer(host, newGrant(host, code))
}

const grantAnswer = (host: Host, { accessToken, refreshToken, scope }: ReturnType<typeof newGrant>) => ({
  status: 200,
  body: {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: lifetimeOf(host),
    refresh_token: refreshToken,
    // Gitea does not say it
    ...(host.kind !== 'gitea' && { scope }),
  },
})
