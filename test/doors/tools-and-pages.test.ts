import { expect, test } from 'vitest'
import { tools } from '../../src/mcp/tools/index.ts'
import { AUDIENCE, type Who } from '../support/an-audience.ts'
import { PAGES } from '../support/page-matrix.ts'
import { TOOL_MATRIX } from '../support/tool-matrix.ts'
import { DEEDS, READS } from '../support/tools-and-pages.ts'

/** Members and guests; a stranger does on a page what they may do in their own org. */
const COMPARED = AUDIENCE.slice(0, 7)
const REFUSED = ['403', '404', 'in']

const formsFor = (route: string): Who[] => {
  const row = PAGES.find((each) => each.route === route)
  return row ? COMPARED.filter((who) => !REFUSED.includes(row.gets[who])) : []
}
const toolFor = (name: string): Who[] => {
  const row = TOOL_MATRIX.find((each) => each.tool === name)
  return COMPARED.filter((who) => row?.may.includes(who))
}
const withoutPlace = (all: readonly string[], placed: readonly string[]) =>
  all.filter((each) => !placed.includes(each))

test('each tool that changes something names the form that does the same, and each form its tool, or why not', () => {
  const changing = tools.filter(({ hints }) => !hints.readOnly).map(({ name }) => name)
  const forms = PAGES.filter(({ method }) => method === 'POST').map(({ route }) => route)

  const named = { tools: DEEDS.flatMap((each) => each.tools), pages: DEEDS.flatMap((each) => each.pages) }
  expect(withoutPlace(changing, named.tools), 'tools without a row in tools-and-pages.ts').toEqual([])
  expect(withoutPlace(forms, named.pages), 'forms without a row in tools-and-pages.ts').toEqual([])
  expect(withoutPlace(named.pages, forms), 'rows of forms that do not exist').toEqual([])
  expect(
    withoutPlace(
      named.tools,
      tools.map(({ name }) => name),
    ),
    'rows of tools that do not exist',
  ).toEqual([])
  expect(DEEDS.filter(({ because, ...of }) => !because && !(of.tools.length && of.pages.length))).toEqual([])
})

test.for(DEEDS.filter(({ because }) => !because))(
  'the same roles and guests may use $tools and $pages',
  ({ tools: names, pages }) => {
    const [first = ''] = names
    for (const each of [...names.map(toolFor), ...pages.map(formsFor)]) expect(each).toEqual(toolFor(first))
  },
)

test('each tool that reads names the page on which a person reads the same', () => {
  const reading = tools.filter(({ hints }) => hints.readOnly).map(({ name }) => name)

  expect(Object.keys(READS).toSorted()).toEqual(reading.toSorted())
  const pages = PAGES.map(({ route }) => route)
  const inArea = Object.values(READS)
    .flat()
    .filter((route) => !/^GET \/(?:packages.*)?$/.test(route))
  expect(withoutPlace(inArea, pages)).toEqual([])
})

/** Each operation has a link for the person who started it, and the matrix names the link of the owner. */
const READ_BY_LINK = ['get_operation']

test.for(Object.entries(READS).filter(([tool]) => !READ_BY_LINK.includes(tool)))(
  'whoever reads by %s finds one of its pages',
  ([tool, routes]) => {
    const reads = (who: Who) =>
      routes.some((route) => PAGES.find((each) => each.route === route)?.gets[who] === '200')
    // the catalogue is open to everybody
    const isPublic = routes.some((route) => !PAGES.some((each) => each.route === route))

    expect(isPublic ? [] : toolFor(tool).filter((who) => !reads(who))).toEqual([])
  },
)
