import axe from 'axe-core'
import type { Page } from 'playwright-core'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Checks a page with axe. Returns the id of each violated rule with the start of the markup, and [] when there is none. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  // the page of running work loads itself again, and works without JavaScript
  const rules = { 'meta-refresh': { enabled: false } }
  // only what is wrong is described: selectors and passed checks would take most of the time
  const options = { runOnly: RULES, rules, resultTypes: ['violations'], selectors: false, preload: false }
  return page.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`)
}
