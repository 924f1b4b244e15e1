import type { Page } from 'playwright-core'

/**
 * Checks a page with rules for accessibility: structure, names, labels, contrast, width. Returns a text for each
 * violation, and an empty list when there is none.
 */
export const accessibilityViolations = (page: Page): Promise<string[]> => page.evaluate(`(${RULES})()`)

/** WCAG 2.2 AA wants a contrast of 4.5 to 1 for text. The code is a string, because it runs in the browser. */
const RULES = String.raw`() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
  const wrong = []
  const want = (isSo, words) => isSo || wrong.push(words)
  want(document.documentElement.lang === 'en', 'the page has no language')
  want(document.title.length > 3, 'the page has no title')
  want(all('h1').length === 1, all('h1').length + ' h1 headings')
  for (const name of ['header', 'main', 'footer']) want(all('body > ' + name).length === 1, 'not exactly one ' + name)
  want(all('main h1').length === 1, 'the h1 heading is outside main')
  const levels = all('h1, h2, h3, h4').map(({ tagName }) => Number(tagName[1]))
  levels.forEach((level, i) => want(i === 0 ? level === 1 : level <= levels[i - 1] + 1, 'a heading level is skipped'))
  for (const nav of all('nav')) want(nav.ariaLabel, 'a nav has no name')
  for (const each of all('button, a')) want((each.ariaLabel ?? each.textContent).trim(), 'no name for a ' + each.tagName)
  for (const each of all('input:not([type=hidden])')) want(each.labels.length || each.ariaLabel, 'a field has no label')
  for (const each of all('table')) want(each.caption && each.tHead, 'a table has no caption or no head')
  for (const each of all('th')) want(each.scope, 'a header cell has no scope')
  const ids = all('[id]').map(({ id }) => id)
  want(new Set(ids).size === ids.length, 'an id is used twice')
  want(document.documentElement.scrollWidth <= innerWidth, 'the page is wider than the window')
  // a wide table or a long line of code scrolls inside its own box
  for (const each of all('main *').filter((each) => !each.parentElement.closest('.table-card, .wide, .code-block pre')))
    want(each.getBoundingClientRect().right <= innerWidth + 1, each.tagName + ' sticks out')
  for (const each of all('button, a.button, nav a').filter((each) => each.checkVisibility())) {
    const { height, width } = each.getBoundingClientRect()
    want(height >= 24 && width >= 24, 'the click target is too small: ' + each.textContent)
  }

  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = color
    pen.fillRect(0, 0, 1, 1)
    return [...pen.getImageData(0, 0, 1, 1).data]
  }
  const light = (color) => {
    const [r, g, b] = rgba(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const color = element && getComputedStyle(element).backgroundColor
    return !element ? 'Canvas' : rgba(color)[3] === 255 ? color : behind(element.parentElement)
  }
  const contrast = (one, other) => {
    const [more, less] = [light(one), light(other)].sort((a, b) => b - a)
    return (more + 0.05) / (less + 0.05)
  }
  for (const each of all('body *').filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))) {
    const ratio = contrast(getComputedStyle(each).color, behind(each))
    want(ratio >= 4.5, 'contrast ' + ratio.toFixed(2) + ' of ' + each.textContent.trim().slice(0, 40))
  }
  return [...new Set(wrong)]
}`
