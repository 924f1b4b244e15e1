import { mintId, type ProjectId } from '#kernel/ids'
import { publishVersion } from '#domain/publishing'
import { listeningMemory } from '../../src/api/memory.ts'
import { type LicenceWanted, aLicence, aMarket, aProject, aProjectToken, aStorage } from './a-market.ts'
import { aComposerProject, aListeningRegistry } from './composer.ts'
import { aDatabase } from './database.ts'

type WantedLicence = string | Omit<LicenceWanted, 'project'>

/** The demo market behind a registry that a real Composer can reach, and shop folders that install from it. */
export async function aComposerMarket() {
  const [database, disk] = await Promise.all([aDatabase('market'), aStorage()])
  const { db } = database
  const market = await aMarket(db)
  const { memory, stop } = listeningMemory(database.url, { now: () => new Date() })
  const door = await aListeningRegistry({ db, memory, storage: disk.storage })
  const folders: Array<() => Promise<void>> = []

  /** A shop folder with our auth.json and repository, for a project with licences for these packages. */
  async function aShop(wanted: WantedLicence[], more: { repositories?: object[]; cacheDir?: string } = {}) {
    const project = await aProject(market)
    const keys = await aProjectToken(market, project.id)
    for (const each of wanted)
      await aLicence(market, {
        ...(typeof each === 'string' ? { package: each } : each),
        project: project.id,
      })
    const shop = await aComposerProject(door.publicUrl, { project: project.id, keys, ...more })
    folders.push(shop.remove)
    return { ...shop, id: project.id, keys }
  }

  /** The requests since the last call, with the project id replaced. */
  function requests(): string[] {
    return door.requests.splice(0).map((request) => request.replace(/\/r\/prj_\w+\//, '/r/PROJECT/'))
  }

  return {
    db,
    market,
    door,
    storageDir: disk.dir,
    aShop,
    requests,
    licencesOn: (project: ProjectId) =>
      db
        .updateTable('licences')
        .where('id', 'in', (from) =>
          from.selectFrom('activations').select('licence_id').where('project_id', '=', project),
        ),
    /** Publishes a new release of a metapackage. */
    publish: (name: string, tag: string, require: Record<string, string>, at = new Date()) =>
      publishVersion(db, {
        id: mintId('ver', at, Math.random),
        packageId: market.package(name),
        tag,
        commitSha: 'c'.repeat(40),
        treeSha: 'd'.repeat(40),
        committedAt: at,
        releasedAt: at,
        manifest: { name, type: 'metapackage', require },
      }),
    async removeShops() {
      await Promise.all(folders.splice(0).map((remove) => remove()))
      requests()
    },
    async close() {
      await door.close()
      await stop()
      await Promise.all([database.close(), disk.remove()])
    },
  }
}
