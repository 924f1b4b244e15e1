import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authenticate } from '#domain/connections'
import { aScript, aScriptHere } from '../../support/a-script.ts'
import { aDatabase } from '../../support/database.ts'
import { aPerson, CLIENT_ID } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** Runs `npm run client:block` without npm. */
const run = (...args: string[]) => aScriptHere('block-client', args, { DATABASE_URL: database.url })

describe('the command that blocks a client', () => {
  test('a blocked client loses its connections, and they stay ended when it is unblocked', async () => {
    const { token } = await aPerson(database.db)

    const blocked = await aScript('block-client', [CLIENT_ID], { DATABASE_URL: database.url })
    const undone = await run(CLIENT_ID, '--undo')

    expect(blocked).toEqual({ status: 0, output: `${CLIENT_ID} is blocked. 1 connections ended.\n` })
    expect(undone).toEqual({ status: 0, output: `${CLIENT_ID} may be connected again.\n` })
    expect(await authenticate(database.db, token)).toBeUndefined()
  })

  test('an unknown client and wrong arguments are refused with a sentence', async () => {
    const answers = [await run('pkgc_nobody'), await run('pkgc_nobody', '--undo'), await run('a-name')]

    expect(answers).toEqual([
      { status: 1, output: 'pkgc_nobody is not registered.\n' },
      { status: 1, output: 'pkgc_nobody was not blocked.\n' },
      { status: 2, output: expect.stringContaining('begins with pkgc_ or https://') as string },
    ])
    expect((await run()).output).toContain('usage: npm run client:block')
  })
})
