import { z } from 'zod'
import { type PlaceInSearch, searchPackages } from '#domain/catalogue'
import { edition } from '#kernel/schemas'
import { isEmpty, listOf, page, pageOf } from '../../call/page.ts'
import { defineTool } from '../../call/tool.ts'
import { packageRow, shownPackage } from './package-view.ts'

export default defineTool({
  kind: 'read',
  name: 'list_packages',
  title: 'Search packages',
  description: `
    Finds modules and themes in the shop by everyday words, best match first, or lists all by name, with the lowest
    price and the Magento versions they work with; detailed: the price for each Magento edition. Next: get_package, or purchase_and_install_package with
    dry_run.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    query: z.string().max(100).optional().describe('What it should do; any word counts'),
    vendor: z.string().max(64).optional().describe("The vendor's slug"),
    type: z.string().max(64).optional().describe('Such as magento2-module, magento2-theme, metapackage'),
    edition: edition.optional(),
    model: z.enum(['free', 'one_time', 'yearly']).optional(),
    works_with: z
      .string()
      .max(20)
      .optional()
      .describe("The shop's Magento version, such as 2.4.6 or 2.4.6-p3"),
    ...page,
  }),
  output: listOf(packageRow).extend({ next_step: z.string().optional() }),

  async run({ query, vendor, type, edition: of, model, works_with, ...args }, context) {
    const { db, cursors, caller, publicUrl } = context
    const filter = { query, vendor, type, edition: of, model, works_with }
    const listed = await pageOf(
      { cursors },
      {
        row: packageRow,
        place: {
          tool: 'list_packages',
          owner: caller.customer,
          filter,
        },
        page: args,
        read: ({ limit, after }) =>
          searchPackages(db, {
            text: query,
            vendor,
            type,
            edition: of,
            model,
            worksWith: works_with,
            limit,
            after: searchPlaceIn(after),
          }),
        keyOf: ({ name, rank }) => `${rank} ${name}`,
        show: (found) => shownPackage(found, publicUrl),
      },
    )
    const isNothing = args.cursor === undefined && isEmpty(listed)
    return {
      ...listed,
      ...(isNothing && { next_step: whatToTry(filter) }),
    }
  },
})

function searchPlaceIn(key: string | undefined): PlaceInSearch | undefined {
  if (key === undefined) return undefined
  const [rank = '', name = ''] = key.split(' ')
  return { rank: Number(rank), name }
}

/** When nothing was found. */
function whatToTry({
  query,
  ...filters
}: Record<'query' | 'vendor' | 'type' | 'edition' | 'model' | 'works_with', string | undefined>): string {
  const given = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (given.length) return `Nothing fits. Call list_packages without ${given.join(' and ')}.`
  if (query === undefined) return 'Nothing is on sale yet.'
  return 'None of these words is in a package. Try other words for what it should do, in English, or call list_packages without query to see all.'
}
