import axe from 'axe-core'
import type { Frame, Page } from 'playwright-core'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The rules whose result depends on colours and sizes. */
const LOOKS = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size']

/**
 * Checks a page with axe, by all rules or only by those about colours and sizes. Returns the id of each violated rule with the start of the markup, and [] when there is none.
 */
export async function axeViolations(page: Page | Frame, which: 'all' | 'looks' = 'all'): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source)
  // the page of running work loads itself again, and works without JavaScript
  const rules = { 'meta-refresh': { enabled: false } }
  const runOnly = which === 'all' ? STANDARDS : LOOKS
  // only what is wrong is described: selectors and passed checks would take most of the time
  const options = { runOnly, rules, resultTypes: ['violations'], selectors: false, preload: false }
  return page.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`)
}
