import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { card } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'
import { markdown } from './markdown.ts'

/** The documents of this checkout that are also pages. */
const GUIDES = ['connecting', 'composer', 'publishing', 'verifying'] as const

/** The command that connects Claude Code. */
export const connectCommand = (publicUrl: string): string =>
  `claude mcp add --scope user --transport http packagento ${publicUrl}/mcp`

/** `/docs`: how to begin, in one page. Below it are the guides. */
export async function docsPage(app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> {
  const guides = GUIDES.map(readGuide)
  app.get('/docs', async (_, reply) =>
    sendPage(reply, {
      title: 'Documentation',
      heading: 'Documentation',
      lead: 'From an empty shop to an installed package, with your assistant or by hand.',
      breadcrumb: [],
      body: docs(publicUrl, guides),
    }),
  )
  for (const { href, title, text } of guides)
    app.get(href, async (_, reply) =>
      sendPage(reply, {
        title,
        heading: title,
        breadcrumb: [{ href: '/docs', text: 'Documentation' }],
        body: markdown(withAddress(text, publicUrl), { top: 2 }),
      }),
    )
}

interface Guide {
  href: string
  title: string
  /** Without its title. */
  text: string
}

function readGuide(name: (typeof GUIDES)[number]): Guide {
  const document = readFileSync(path.resolve(import.meta.dirname, `../../../docs/${name}.md`), 'utf8')
  const [, title = '', text = ''] = /^# (.+)\n([^]*)$/.exec(document) ?? []
  return { href: `/docs/${name}`, title, text }
}

/** The guide with the address of this market instead of those of its examples. */
const withAddress = (text: string, publicUrl: string): string =>
  text
    .replaceAll(/<PUBLIC_URL>|http:\/\/127\.0\.0\.1:3000|https:\/\/market\.example/g, () => publicUrl)
    .replaceAll('market.example', () => new URL(publicUrl).host)

const docs = (publicUrl: string, guides: readonly Guide[]): Html =>
  html`<div class="focus">
    ${card(
      '1. Connect your assistant',
      html`<p>Any assistant that speaks the Model Context Protocol can connect to this address:</p>
        ${codeBlock(`${publicUrl}/mcp`)}
        ${codeBlock(connectCommand(publicUrl), { caption: 'For Claude Code: then sign in and allow it in the browser' })}`,
    )}
    ${card(
      '2. Say what you want',
      html`<p>
          The assistant shows you the packages and the price first. It buys only after your yes. When your
          bank wants you to confirm a payment, it gives you a link to a page here.
        </p>
        ${codeBlock('Find a search module for my Magento shop and buy it.', { isSentence: true })}`,
    )}
    ${card(
      '3. Install with Composer',
      html`<p>
          The purchase ends with an <code>auth.json</code> for your project. Put it next to
          <code>composer.json</code> and keep it out of Git. Then Composer installs the package like any other
          (<a href="/docs/composer">CI, several projects, what its messages mean</a>):
        </p>
        ${codeBlock('composer require vendor/module-name')}`,
    )}
    ${card(
      'Guides',
      html`<ul>
        ${guides.map(({ href, title }) => html`<li><a href="${href}">${title}</a></li>`)}
      </ul>`,
    )}
  </div>`
