import type { FastifyReply } from 'fastify'
import type { Price, PublicPackage, SupportKind, SupportLink, VersionDetails } from '#domain/catalogue'
import { may, rolesWith } from '#domain/orgs'
import { addForm, addPath } from './buying/add-form.ts'
import { button, linkButton } from './components/button.ts'
import { card, facts } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { tabs } from './components/tabs.ts'
import { dayText, editionName, typeName } from './components/text.ts'
import { connectCommand } from './docs-page.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { magentoFacts } from './magento-text.ts'
import { priceText } from './price-text.ts'
import { visitorOf } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

/** A page of a package. */
export interface Tab {
  href: string
  /** Stands before the title of the package in the title of the page. */
  title?: string
  body: Html
}

/** The addresses of the pages of a package. */
export const readmeOf = ({ name }: PublicPackage): string => `/packages/${name}`
export const changelogOf = ({ name }: PublicPackage): string => `/packages/${name}/changelog`
export const versionsOf = ({ name }: PublicPackage): string => `/packages/${name}/versions`
export const versionOf = ({ name }: PublicPackage, label: string): string =>
  `/packages/${name}/versions/${encodeURIComponent(label)}`

interface PageContext {
  publicUrl: string
  reply: FastifyReply
  /** Of the newest version. */
  details: VersionDetails | undefined
}

export function pageOfPackage(found: PublicPackage, { href, title, body }: Tab, context: PageContext): Page {
  const aside = besides(found, context)
  // a phone shows the price before the text, but only on the first tab
  const isFirst = href === readmeOf(found)
  return {
    title: title === undefined ? found.title : `${title} · ${found.title}`,
    heading: found.title,
    lead: html`<span class="mono">${found.name}</span> · ${typeName(found.type)} · by ${found.vendor.name}<br />
      ${found.summary}`,
    breadcrumb: [
      { href: '/', text: 'Packages' },
      ...(title === undefined ? [] : [{ href: readmeOf(found), text: found.title }]),
    ],
    ...(title !== undefined && { crumb: title }),
    body: html`${tabs('Parts of this package', linksOf(found), href)}
      <div class="two-columns">
        ${isFirst && aside}
        <div>${body}</div>
        ${!isFirst && aside}
      </div>`,
  }
}

const besides = (found: PublicPackage, { publicUrl, reply, details }: PageContext): Html =>
  html`<aside aria-label="Price and facts">
    ${card('Price', html`${priceTable(found, reply)} ${whyNot(found, reply)} ${contentsList(contentsOf(found, details))}`)}
    ${card('Ask your assistant', purchase(found, publicUrl))} ${card('About', facts(factsOf(found, details)))}
  </aside>`

/** The packages of the same vendor that a suite requires. */
const contentsOf = ({ type, name }: PublicPackage, details: VersionDetails | undefined): string[] =>
  type === 'metapackage'
    ? Object.keys(details?.require ?? {}).filter((each) =>
        each.startsWith(name.slice(0, name.indexOf('/') + 1)),
      )
    : []

const contentsList = (contains: readonly string[]): Html | false =>
  contains.length > 0 &&
  html`<h3>It contains</h3>
    <ul>
      ${contains.map((name) => html`<li class="mono">${name}</li>`)}
    </ul>`

const linksOf = (found: PublicPackage) => [
  { href: readmeOf(found), text: 'Readme' },
  ...(found.newest ? [{ href: versionOf(found, found.newest.label), text: 'Latest version' }] : []),
  { href: versionsOf(found), text: 'Versions' },
  ...(found.newest?.hasChangelog ? [{ href: changelogOf(found), text: 'Changelog' }] : []),
]

/** Whether it can be put into a cart for this price. */
export const isSold = ({ isPayable, versions }: PublicPackage, { model }: Price): boolean =>
  versions.length > 0 && (model === 'free' || isPayable)

/** Who may fill a cart gets a button for each edition. Who is not signed in is led to the page that adds it. */
function buyButton(found: PublicPackage, price: Price, reply: FastifyReply): Html | false {
  const { name } = found
  const { edition, model } = price
  if (!isSold(found, price)) return false
  const text = model === 'free' ? 'Get it' : 'Buy'
  const look = { isSmall: true, fullText: `${text} ${name} for ${editionName(edition)}` }
  if (!visitorOf(reply.request))
    return linkButton(
      `/sign-in?continue=${encodeURIComponent(addPath({ name, edition, isFree: model === 'free' }))}`,
      text,
      look,
    )
  const { active } = orgsOfVisitor(reply.request)
  if (!active || !may(active.role, 'fill_cart')) return false
  return addForm(reply, { org: active.slug, name, edition, button: button(text, look) })
}

/** Why there is no button, and what to do instead. */
function whyNot({ isPayable, versions, vendor, prices }: PublicPackage, reply: FastifyReply): Html | false {
  const { active, orgs } = orgsOfVisitor(reply.request)
  if (!prices.length) return html`<p class="small">It is not sold by itself.</p>`
  if (!versions.length) return html`<p class="small">It has no version that can be installed yet.</p>`
  if (!isPayable && prices.some(({ model }) => model !== 'free'))
    return html`<p class="small">It cannot be bought yet: ${vendor.name} cannot be paid yet.</p>`
  if (!active) return visitorOf(reply.request) !== undefined && (orgs.length ? CHOOSE_ORG : CREATE_ORG)
  return (
    !may(active.role, 'fill_cart') &&
    html`<p class="small">
      Your role in ${active.name}, ${active.role}, does not buy. Ask a member who is
      ${rolesWith('buy').join(', ')}, or choose another org.
    </p>`
  )
}

const CREATE_ORG = html`<p class="small">
  You are in no org yet. <a href="/account/orgs/new">Create an org</a> to get it.
</p>`
/** For a visitor who has lost the org in which they worked. */
const CHOOSE_ORG = html`<p class="small"><a href="/account">Choose the org</a> that gets it.</p>`

const priceTable = (found: PublicPackage, reply: FastifyReply): Html =>
  html`<table>
    <caption class="visually-hidden">
      Price for each edition
    </caption>
    <thead>
      <tr>
        <th scope="col">Edition</th>
        <th scope="col" class="number">Price</th>
        <th scope="col"><span class="visually-hidden">Buy</span></th>
      </tr>
    </thead>
    <tbody>
      ${found.prices.map(
        (price) =>
          html`<tr>
            <td>${editionName(price.edition)}</td>
            <td class="number price">${priceText(price)}</td>
            <td class="number">${buyButton(found, price, reply)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const purchase = ({ name }: PublicPackage, publicUrl: string): Html =>
  html`<p>Connect it once, then sign in and allow it in the browser:</p>
    ${codeBlock(connectCommand(publicUrl))}
    <p>Then say what you want:</p>
    ${codeBlock(`Buy ${name} for my shop and give me the auth.json.`, { isSentence: true })}
    <p><a href="/docs">How it works</a></p>`

function factsOf(
  { vendor, newest, type, magento, installs }: PublicPackage,
  details: VersionDetails | undefined,
) {
  return [
    ['Vendor', vendor.name],
    ['Type', typeName(type)],
    ...(newest
      ? [
          ['Latest version', html`<span class="mono">${newest.label}</span>`],
          ['Last release', dayText(newest.releasedAt)],
        ]
      : []),
    ...magentoFacts(magento),
    ...(details?.licences.length ? [['Licence of the code', details.licences.join(' or ')]] : []),
    ...(details?.support.length ? [['Support', supportLinks(details.support)]] : []),
    ...(installs > 0
      ? [['Installs', html`${new Intl.NumberFormat('en').format(installs)}, as Composer reported`]]
      : []),
  ] as [string, Html | string][]
}

const SUPPORT: Readonly<Record<SupportKind, string>> = {
  email: 'E-mail',
  issues: 'Issues',
  forum: 'Forum',
  chat: 'Chat',
  docs: 'Documentation',
}

/** The vendor wrote the links, so each one shows where it leads. */
const supportLinks = (links: readonly SupportLink[]): Html =>
  html`${links.map(
    ({ kind, href, shown }, i) =>
      html`${i > 0 && html`<br />`}${SUPPORT[kind]}: <a href="${href}" rel="nofollow noopener">${shown}</a>`,
  )}`
