import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeViolations } from './axe.ts'
import { accessibilityViolations } from './page-rules.ts'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** A folder. When it is set, a screenshot of each check is stored there. */
const shots = process.env['SCREENSHOTS']

/**
 * Checks a page on a desktop and on a phone, in light and dark. axe is slow, so it checks a light desktop by all rules,
 * and a dark phone by those about colours and sizes. `name` is that of the screenshots; default: the path of the page.
 */
export async function expectGoodLooks(page: Page, name = pathOf(page)): Promise<void> {
  for (const viewport of [DESKTOP, PHONE])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      const isForAxe = (viewport === DESKTOP) === (colorScheme === 'light')
      const byAxe = isForAxe ? await axeViolations(page, viewport === DESKTOP ? 'all' : 'looks') : []
      const wrong = [...(await accessibilityViolations(page)), ...byAxe]
      if (shots)
        await page.screenshot({
          path: `${shots}/${name}-${viewport.width}-${colorScheme}.png`,
          fullPage: true,
        })
      expect([name, viewport.width, colorScheme, wrong]).toEqual([name, viewport.width, colorScheme, []])
    }
}

/** A cheaper check for a page of which others like it have good looks: axe runs once, with all rules, on a dark phone. */
export async function violationsOf(page: Page): Promise<string[]> {
  const wrong: string[] = []
  for (const [viewport, colorScheme] of [
    [DESKTOP, 'light'],
    [PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    wrong.push(...(await accessibilityViolations(page)))
  }
  return [...wrong, ...(await axeViolations(page))]
}

const pathOf = (page: Page) => new URL(page.url()).pathname.slice(1).replaceAll('/', '-') || 'home'
