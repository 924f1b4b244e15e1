import type { FastifyInstance, FastifyRequest } from 'fastify'
import { installSnippet } from '#domain/projects'
import { isId } from '#kernel/ids'
import { codeBlock } from './components/code-block.ts'
import { html } from './html.ts'
import { notFoundPage, sendPage } from './layout.ts'

type OfProject = FastifyRequest<{ Params: { project: string } }>

/**
 * What a person sees who opens the address of a repository. It says nothing about the project, and it is the same for
 * one that does not exist.
 */
export async function repositoryPage(
  app: FastifyInstance,
  { publicUrl }: { publicUrl: string },
): Promise<void> {
  for (const url of ['/r/:project', '/r/:project/'])
    app.get(url, async ({ params: { project } }: OfProject, reply) =>
      isId('prj', project)
        ? sendPage(reply, {
            title: 'A repository for Composer',
            heading: 'This address is for Composer',
            breadcrumb: [],
            lead: 'It is the repository of one project. There is nothing to see in a browser.',
            body: html`<p>In the folder of your <code>composer.json</code>, run:</p>
              ${codeBlock(installSnippet(publicUrl, project, []).composer_commands.join('\n'))}
              <p>
                Composer also needs the keys of the project, in <code>auth.json</code> or in
                <code>COMPOSER_AUTH</code>: <a href="/docs/composer">how to add them</a>.
                <a href="/account/projects/${project}">See the project</a> if you are a member of its org.
              </p>`,
          })
        : sendPage(reply, notFoundPage, 404),
    )
}
