import type { FastifyReply } from 'fastify'
import type { Git, ListedIntegration } from '#domain/git'
import type { OrgAccess } from '#domain/orgs'
import type { GitHostKind } from '#kernel/git-host'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { card, facts } from './components/card.ts'
import { confirmation } from './components/confirm.ts'
import { emptyState } from './components/empty-state.ts'
import { notice } from './components/notice.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { csrfField } from './session.ts'

export const GIT_PATH = '/account/git'
const TITLE = 'Git hosts'

/** The names of the kinds of hosts. */
export const KIND_NAMES: Record<GitHostKind, string> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  gitea: 'Gitea or Forgejo',
}

interface GitListing {
  org: OrgAccess
  hosts: Git['hosts']
  integrations: readonly ListedIntegration[]
  mayManage: boolean
  isDisconnected: boolean
}

/** The Git hosts from which an org publishes. */
export function gitPage(reply: FastifyReply, listing: GitListing): Page {
  const { org, hosts, integrations, mayManage, isDisconnected } = listing
  return {
    title: TITLE,
    heading: TITLE,
    lead: `The accounts from which ${org.name} may publish repositories.`,
    body: html`${
      isDisconnected &&
      notice({ tone: 'good', text: 'It is disconnected. Published packages can still be installed.' })
    }
    ${
      integrations.length
        ? integrations.map((each) => integrationCard(reply, each, listing))
        : emptyState({
            symbol: 'plug',
            title: 'No Git host is connected',
            text: 'Connect one, then you or your assistant can publish your repositories, and each new tag becomes a version.',
          })
    }
    ${mayManage ? connectSection(reply, org, hosts) : askOwner}`,
  }
}

const askOwner: Html = html`<p class="muted">An owner or admin of this org connects and disconnects them.</p>`

function integrationCard(reply: FastifyReply, each: ListedIntegration, { org, mayManage }: GitListing): Html {
  const { id, kind, host, account, mayHook, repositories, state, connectedBy, connectedAt } = each
  const body = html`${facts([
      ['Account', account],
      [
        'State',
        state === 'broken' ? badge('broken: the host refuses our access', 'bad') : badge('connected', 'good'),
      ],
      ...(repositories === undefined ? [] : [['Repositories', String(repositories)] as const]),
      ['Push hooks', mayHook ? 'created by us' : 'you create them; without one we look every 15 minutes'],
      ['Connected', html`${momentText(connectedAt)} by ${connectedBy}`],
    ])}
    <div class="buttons">
      ${
        state === 'connected' &&
        linkButton(`${GIT_PATH}/${id}/repositories`, 'See the repositories', {
          kind: 'quiet',
          fullText: `See the repositories of ${account} at ${host}`,
        })
      }
      ${
        mayManage &&
        (state === 'broken'
          ? connectForm(reply, { org, host, text: 'Connect again' })
          : kind === 'github' && connectForm(reply, { org, host, text: 'Read the repositories again' }))
      }
      ${
        mayManage &&
        linkButton(`${GIT_PATH}/${id}/disconnect`, 'Disconnect', {
          kind: 'danger',
          fullText: `Disconnect ${account} at ${host}`,
        })
      }
    </div>`
  return card(`${KIND_NAMES[kind]}: ${host}`, body)
}

const connectSection = (reply: FastifyReply, org: OrgAccess, hosts: Git['hosts']): Html =>
  html`<section>
    <h2>Connect an account</h2>
    ${
      hosts.length
        ? html`<div class="buttons">
            ${hosts.map(({ host, kind }) =>
              connectForm(reply, { org, host, text: `${KIND_NAMES[kind]} (${host})` }),
            )}
          </div>`
        : html`<p class="muted">This market knows no Git host yet; its operator configures them.</p>`
    }
  </section>`

const connectForm = (
  reply: FastifyReply,
  { org, host, text }: { org: OrgAccess; host: string; text: string },
): Html =>
  html`<form method="post" action="${GIT_PATH}">
    ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" /><input
      type="hidden"
      name="host"
      value="${host}"
    />
    ${button(text, { kind: 'quiet' })}
  </form>`

/** Asks for confirmation before an integration ends. */
export const disconnectPage = (
  reply: FastifyReply,
  { id, kind, host, account }: ListedIntegration,
  { slug }: OrgAccess,
): Page => ({
  title: 'Disconnect',
  heading: `Disconnect ${account} at ${host}?`,
  breadcrumb: [{ href: GIT_PATH, text: TITLE }],
  body: confirmation({
    action: `${GIT_PATH}/${id}/disconnect`,
    hidden: html`${csrfField(reply)}<input type="hidden" name="org" value="${slug}" />`,
    consequence: `New tags of its repositories no longer become versions, and our push hooks are deleted. What is published stays installable. ${AT_HOST[kind]}`,
    verb: 'Disconnect',
    back: { href: GIT_PATH, text: 'Keep it' },
  }),
})

/** What remains at the host. */
const AT_HOST: Record<GitHostKind, string> = {
  github: 'Our App stays installed there: uninstall it in the settings of your GitHub account.',
  gitlab: 'Our tokens end there, too.',
  gitea: 'Our application stays in the settings of your account there: remove it there, too.',
}

export const notConnectedYet: Page = {
  title: 'Not yet',
  heading: 'Not yet',
  body: html`<p>The page could not be opened in time. Nothing is lost: try again in a minute.</p>
    <p>${linkButton(GIT_PATH, 'Back to the Git hosts')}</p>`,
}

/** GitHub: the App is not installed on an account of this person. */
export const chooseRepositories = ({ host, url }: { host: string; url: string }): Page => ({
  title: 'Choose repositories',
  heading: 'Choose the repositories',
  breadcrumb: [],
  body: html`<div class="focus">
    ${notice({
      tone: 'info',
      text: `Our App is not installed on an account of yours at ${host}, or on no repository to which you may push.`,
    })}
    <p><a class="button" href="${url}">Choose repositories at ${host}</a></p>
    <p class="small">It leads you back here when you have chosen. The link works for 30 minutes.</p>
  </div>`,
})

export const installRequested = ({ host }: { host: string }): Page => ({
  title: 'Waiting for an owner',
  heading: `An owner has to approve it at ${host}`,
  breadcrumb: [],
  body: html`<div class="focus">
    <p>
      You asked for our App on an account that others own. When one of them has approved it, open the link of
      your assistant again, or connect the account here.
    </p>
    <p>${linkButton(GIT_PATH, 'See your Git hosts')}</p>
  </div>`,
})
