import { z } from 'zod'
import { GitHostFailure, type GitGrant, type GitHost, type GitRepository } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'

const hook = z.object({
  id: z.number().transform(String),
  config: z.object({ url: z.string().optional() }).optional(),
})
const PAGE = 50

/** Orders the ids of hooks. A newer hook has a higher id. */
export const byAge = (one: string, other: string): number => Number(one) - Number(other)

interface HubHooks {
  api: string
  authorization: (grant: GitGrant, repository: GitRepository) => Promise<string>
  /** Fields that only one kind of host wants. */
  extra: Record<string, string>
}

/** The hooks of GitHub and Gitea, which have the same calls. */
export function hubHooks({
  api,
  authorization,
  extra,
}: HubHooks): Pick<GitHost, 'createHook' | 'deleteHook'> {
  return {
    async createHook(grant, repository, { url, secret }) {
      const access = { authorization: await authorization(grant, repository) }
      const known = await hooksWith(repository, url, access)
      if (known[0]) return known[0]
      const json = {
        ...extra,
        active: true,
        events: ['push'],
        config: { url, secret, content_type: 'json' },
      }
      // GitHub answers 422 when another call has created the hook meanwhile
      const made = await orForbidden(
        callHost(hooksOf(repository), { ...access, method: 'POST', json, expected: [404, 422] }),
      )
      const own = made.status === 422 ? undefined : shaped(hook, made).id
      const [first = own, ...others] = await hooksWith(repository, url, access)
      if (!first) throw new GitHostFailure('forbidden', `The Git host refused the hook (${made.status}).`)
      await deleteAll(repository, others, access)
      return first
    },
    async deleteHook(grant, repository, url) {
      const access = { authorization: await authorization(grant, repository) }
      await deleteAll(repository, await hooksWith(repository, url, access), access)
    },
  }

  async function deleteAll(repository: GitRepository, ids: string[], access: { authorization: string }) {
    for (const id of ids)
      await callHost(`${hooksOf(repository)}/${id}`, { ...access, method: 'DELETE', expected: [404] })
  }

  function hooksOf({ path }: GitRepository): string {
    return `${api}/repos/${path}/hooks`
  }

  /** Oldest first. */
  async function hooksWith(
    repository: GitRepository,
    url: string,
    access: { authorization: string },
  ): Promise<string[]> {
    const at = `${hooksOf(repository)}?per_page=${PAGE}&limit=${PAGE}`
    const got = await orForbidden(callHost(at, { ...access, expected: [404] }))
    return shaped(z.array(hook), got)
      .filter(({ config }) => config?.url === url)
      .map(({ id }) => id)
      .toSorted(byAge)
  }
}

/** A host says 404 about the hooks of a repository whose hooks the account may not see. */
async function orForbidden<Answer extends { status: number }>(call: Promise<Answer>): Promise<Answer> {
  const answer = await call
  if (answer.status === 404) throw new GitHostFailure('forbidden', 'The account may not change the hooks.')
  return answer
}
