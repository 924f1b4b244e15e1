import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import type { OrgAccess } from '#domain/orgs'
import {
  createBareProject,
  createProjectToken,
  revokeToken,
  rotateToken,
  setUpProject,
} from '#domain/projects'
import { aLicence, aMarket, aProject, aProjectToken, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const at = new Date()
let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let access: OrgAccess
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  access = await market.access('buyer', 'acme-retail')
})
afterAll(() => database.close())

const seal = () => ({ keyId: 'a test', sealed: Buffer.from('sealed') })
const by = (org: OrgAccess) => ({
  caller: market.caller('buyer'),
  org,
  at,
  key: undefined,
  publicUrl: 'https://market.example',
  seal,
})

/**
 * The actions with the role of `org`, each with a new project. A door checks the same permissions before it calls
 * them.
 */
const ACTIONS = {
  setUpProject: (org: OrgAccess) => setUpProject(database.db, { ...by(org), input: { name: 'A shop' } }),
  createBareProject: (org: OrgAccess) =>
    createBareProject(database.db, { ...by(org), input: { name: 'A shop' } }),
  async createProjectToken(org: OrgAccess) {
    const { id: project } = await aProject(market)
    return createProjectToken(database.db, { ...by(org), input: { project } })
  },
  async rotateToken(org: OrgAccess) {
    const { id: token } = await aProjectToken(market, (await aProject(market)).id)
    return rotateToken(database.db, { ...by(org), input: { token } })
  },
  async revokeToken(org: OrgAccess) {
    const { id: token } = await aProjectToken(market, (await aProject(market)).id)
    return revokeToken(database.db, { ...by(org), token })
  },
  async activateLicence(org: OrgAccess) {
    const { id: project } = await aProject(market)
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search' })
    return activateLicence(database.db, { ...by(org), licence, project })
  },
  async deactivateLicence(org: OrgAccess) {
    const { id: project } = await aProject(market)
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search', project })
    return deactivateLicence(database.db, { ...by(org), licence, project })
  },
  async moveActivation(org: OrgAccess) {
    const [{ id: from }, { id: to }] = [await aProject(market), await aProject(market)]
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search', project: from })
    return moveActivation(database.db, { ...by(org), licence, from, to })
  },
}

describe.for([
  ['owner', true],
  ['admin', true],
  ['developer', true],
  ['billing', false],
  ['viewer', false],
] as const)('the role %s', ([role, may]) => {
  test.for(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[])(
    `the domain itself ${may ? 'allows' : 'refuses'} %s for the role ${role}`,
    async (action) => {
      const done = ACTIONS[action]({ ...access, role }).then(
        () => 'done',
        ({ code }: { code: string }) => code,
      )

      expect(await done).toBe(may ? 'done' : 'not_allowed')
    },
  )
})
