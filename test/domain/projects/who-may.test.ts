import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import type { OrgAccess } from '#domain/orgs'
import {
  createBareProject,
  createProjectToken,
  revokeToken,
  rotateToken,
  setUpProject,
  updateProject,
} from '#domain/projects'
import { aLicence, aProject, aProjectToken, type Market } from '../../support/a-market.ts'
import { marketTest as test } from '../../support/market-test.ts'

const at = new Date()
const seal = () => ({ keyId: 'a test', sealed: Buffer.from('sealed') })
const by = (market: Market, org: OrgAccess) => ({
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
  setUpProject: (market: Market, org: OrgAccess) =>
    setUpProject(market.db, { ...by(market, org), input: { name: randomUUID() } }),
  createBareProject: (market: Market, org: OrgAccess) =>
    createBareProject(market.db, { ...by(market, org), input: { name: randomUUID() } }),
  async createProjectToken(market: Market, org: OrgAccess) {
    const { id: project } = await aProject(market)
    return createProjectToken(market.db, { ...by(market, org), input: { project } })
  },
  async rotateToken(market: Market, org: OrgAccess) {
    const { id: token } = await aProjectToken(market, (await aProject(market)).id)
    return rotateToken(market.db, { ...by(market, org), input: { token } })
  },
  async revokeToken(market: Market, org: OrgAccess) {
    const { id: token } = await aProjectToken(market, (await aProject(market)).id)
    return revokeToken(market.db, { ...by(market, org), token })
  },
  async activateLicence(market: Market, org: OrgAccess) {
    const { id: project } = await aProject(market)
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search' })
    return activateLicence(market.db, { ...by(market, org), licence, project })
  },
  async deactivateLicence(market: Market, org: OrgAccess) {
    const { id: project } = await aProject(market)
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search', project })
    return deactivateLicence(market.db, { ...by(market, org), licence, project })
  },
  async moveActivation(market: Market, org: OrgAccess) {
    const [{ id: from }, { id: to }] = [await aProject(market), await aProject(market)]
    const { id: licence } = await aLicence(market, { package: 'northwind/module-search', project: from })
    return moveActivation(market.db, { ...by(market, org), licence, from, to })
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
    async (action, { market, access }) => {
      const done = ACTIONS[action](market, { ...access, role }).then(
        () => 'done',
        ({ code }: { code: string }) => code,
      )

      expect(await done).toBe(may ? 'done' : 'not_allowed')
    },
  )
})

test.for([-1, 1.5, 91])(
  'a project cannot be told to wait %s days for new versions',
  async (days, { market }) => {
    const project = await aProject(market)
    const org = await market.access('buyer', 'acme-retail')

    const update = updateProject(market.db, { ...by(market, org), project: project.id, cooldownDays: days })

    await expect(update).rejects.toMatchObject({ code: 'cooldown_invalid' })
  },
)
