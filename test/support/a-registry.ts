import { onTestFinished, test } from 'vitest'
import { type GrantedLicence, aLicence, aMarket, aProject, aProjectToken, aStorage } from './a-market.ts'
import { aRegistry } from './composer.ts'
import { aDatabase } from './database.ts'

export const HOST = 'http://registry.example'

type Licence = Omit<Parameters<typeof aLicence>[1], 'project'>
type Answered = Awaited<ReturnType<Awaited<ReturnType<typeof aRegistry>>['get']>>

export type Registry = Awaited<ReturnType<typeof aRegistryWithMarket>>
/** A project with its keys. */
export type Shop = Awaited<ReturnType<Registry['aShop']>>

/** A `test` with one registry per file; its clock stands still at `now`. */
export const registryTest = (now: Date) =>
  test
    .extend('now', { scope: 'file' }, () => now)
    .extend('registry', { scope: 'file' }, async ({ now }, { onCleanup }) => {
      const registry = await aRegistryWithMarket(now)
      onCleanup(() => registry.close())
      return registry
    })

/** A registry with its own market and every demo zip in its storage; its clock stands still at `now`. */
async function aRegistryWithMarket(now: Date) {
  let clock = now
  const [database, disk] = await Promise.all([aDatabase('market'), aStorage()])
  const { db } = database
  const market = await aMarket(db)
  const door = await aRegistry({ db, storage: disk.storage, now: () => clock, publicUrl: HOST })

  /** A project with a token and the wanted licences, and its requests to the registry. */
  async function aShop(...wanted: Licence[]) {
    const project = await aProject(market)
    const keys = await aProjectToken(market, project.id)
    const licences: GrantedLicence[] = []
    for (const licence of wanted) licences.push(await aLicence(market, { ...licence, project: project.id }))
    const get = (url: string, headers?: Record<string, string>) => door.get(url, keys, headers)
    const ofProject = (path: string, headers?: Record<string, string>) =>
      get(`/r/${project.id}/${path}`, headers)
    return { ...project, keys, licences, get, ofProject, p2: (name: string) => ofProject(`p2/${name}.json`) }
  }

  async function distOf(name: string, label: string): Promise<string> {
    const { zip_sha256 } = await db
      .selectFrom('versions')
      .select('zip_sha256')
      .where('package_id', '=', market.package(name))
      .where('label', '=', label)
      .executeTakeFirstOrThrow()
    return `/dist/${name}/${label}-${zip_sha256?.slice(0, 16)}.zip`
  }

  return {
    db,
    url: database.url,
    market,
    door,
    storage: disk.storage,
    aShop,
    distOf,
    /** Sets the clock until the end of the test. */
    setClock(to: Date) {
      clock = to
      onTestFinished(() => void (clock = now))
    },
    async close() {
      await door.close()
      await Promise.all([database.close(), disk.remove()])
    },
  }
}

/** The status, and the warning that Composer would print. It prints one only for this exact content type. */
export function statusAndWarning(answer: Answered): { status: number; warning: string | undefined } {
  const isPrinted = answer.headers['content-type'] === 'application/json'
  const { warning } = isPrinted && answer.body ? answer.json<{ warning?: string }>() : {}
  return { status: answer.statusCode, warning }
}

/** The body of a `p2` file. */
export interface P2 {
  minified: string
  packages: Record<string, Record<string, unknown>[]>
  filter: { malware: unknown[] }
  infos?: { versions: string; message: string }[]
}

/** The tags in a `p2` file, in its order. */
export const versionsIn = (answer: Answered) =>
  Object.values(answer.json<P2>().packages).flatMap((entries) => entries.map(({ version }) => version))
