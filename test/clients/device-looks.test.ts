import { describe, expect, inject } from 'vitest'
import { aDevice } from '../support/a-device.ts'
import { oauthBrowserTest as test } from '../support/an-oauth-browser.ts'
import { expectGoodLooks } from '../support/good-looks.ts'

const program = inject('browserPath')

describe.skipIf(!program)('the pages for a code of another machine', { timeout: 120_000 }, () => {
  test('a person types the code, reads what it is for and allows it, on phones and desktops', async ({
    market,
    tab,
  }) => {
    const { code, poll } = await aDevice(market, { scope: 'read projects publish' })
    await tab.open(`${market.publicUrl}/device`, 'buyer')
    await expectGoodLooks(tab.page, 'device-code')

    await tab.page.getByLabel('Code').fill('BBBB-BBBB')
    await tab.page.getByRole('button', { name: 'Go on' }).click()
    await tab.page.getByRole('alert').waitFor()
    await expectGoodLooks(tab.page, 'device-wrong')

    await tab.page.getByLabel('Code').fill(code)
    await tab.page.getByRole('button', { name: 'Go on' }).click()
    await tab.page.getByRole('button', { name: 'Allow' }).waitFor()
    await expectGoodLooks(tab.page, 'device-consent')

    await tab.page.getByRole('button', { name: 'Allow' }).click()
    await tab.page.getByText('It notices within a few seconds').waitFor()
    await expectGoodLooks(tab.page, 'device-connected')
    expect((await poll()).said.scope).toBe('read projects')
  })
})
