import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renewed } from '../../../src/domain/licensing/renewals.ts'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aYearAfter, inDays, renewalsIn, STOCK } from '../../support/a-renewal.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const { held, quoteFor } = renewalsIn(() => ({ db: database.db, market }))

describe('what a renewal says before it is bought', () => {
  test.for([
    ['ends in 60 days', 59.99, 'renewed'],
    ['ends in more than 60 days', 60.01, 'renewal_too_early'],
    ['ended a moment ago', -0.01, 'renewed'],
    ['ended months ago', -300, 'renewed'],
    ['ended more than a year ago', -370, 'renewal_too_late'],
  ] as const)('a licence that %s (%s days): %s', async ([, days, expected]) => {
    const { project } = await held({ validUntil: inDays(days) })

    const end = await quoteFor(project).then(
      () => 'renewed',
      ({ code }: { code: string }) => code,
    )

    expect(end).toBe(expected)
  })

  test('a quote of a renewal has its price, the old end and the new one', async () => {
    const validUntil = inDays(-300)
    const { project, licence } = await held({ validUntil })

    const renews = {
      renews_from: validUntil.toISOString(),
      valid_until: aYearAfter(validUntil).toISOString(),
    }
    expect(await quoteFor(project)).toMatchObject({
      total: { amount_minor: 9900 },
      lines: [{ action: 'renew', licence, ...renews }],
    })
  })

  test.for([
    [
      'has no end',
      { package: 'northwind/module-search' },
      {},
      ['northwind/module-search'],
      'nothing_to_renew',
    ],
    ['is of another package', {}, {}, ['northwind/suite'], 'nothing_to_renew'],
    [
      'is of another edition',
      { validUntil: inDays(1) },
      {},
      [{ package: STOCK, edition: 'commerce' }],
      'nothing_to_renew',
    ],
    ['was refunded', { status: 'refunded', validUntil: inDays(1) }, {}, [STOCK], 'nothing_to_renew'],
    ['is suspended', { status: 'suspended', validUntil: inDays(1) }, {}, [STOCK], 'licence_suspended'],
  ] as const)('a licence that %s is not renewed', async ([, licence, input, packages, code]) => {
    const { project } = await held(licence)

    await expect(quoteFor(project, { ...input, packages })).rejects.toMatchObject({ code })
  })

  test('a module that comes with a suite is not renewed, and the refusal names the suite', async () => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: 'northwind/suite', project, validUntil: inDays(3) })

    await expect(quoteFor(project)).rejects.toMatchObject({
      code: 'nothing_to_renew',
      params: { through: 'northwind/suite' },
    })
  })

  test('the licences of 29 February end at that day again in a leap year', () => {
    const since = new Date('2028-02-29T10:00:00Z')
    const ends: string[] = []
    let from = new Date('2029-02-28T10:00:00Z')
    for (let year = 0; year < 4; year++) {
      from = renewed({ from, since }).until
      ends.push(from.toISOString().slice(0, 10))
    }
    expect(ends).toEqual(['2030-02-28', '2031-02-28', '2032-02-29', '2033-02-28'])
  })
})
