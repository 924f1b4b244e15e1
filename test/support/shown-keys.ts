import { hashOfPrivateKey, projectOfKeys } from '#domain/projects'
import type { ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'

/** The key pair that a page shows, as a person copies it; empty when it shows none. */
export function shownKeys(body: string): { username: string; password: string } {
  const [, username = ''] = /username&#34;: &#34;(ppk_\w+)/.exec(body) ?? []
  const [, password = ''] = /password&#34;: &#34;(psk_[\w-]+)/.exec(body) ?? []
  return { username, password }
}

/** The project that a shown key pair opens now. */
export async function projectOpenedBy(
  db: Db,
  { username, password }: ReturnType<typeof shownKeys>,
): Promise<ProjectId | undefined> {
  const keys = { publicKey: username, privateKeyHash: hashOfPrivateKey(password), at: new Date() }
  const found = await projectOfKeys(db, keys)
  return 'refused' in found ? undefined : found.project
}
