import { z } from 'zod'
import { searchPackages } from '#domain/catalogue'
import { listOf, page, pageOf } from '../../call/page.ts'
import { defineTool } from '../../call/tool.ts'
import { packageRow, shownPackage } from './package-view.ts'

export default defineTool({
  kind: 'read',
  name: 'list_packages',
  title: 'Search packages',
  description: `
    Searches the shop's packages by words in name, title and summary, or lists all by name, with the lowest price;
    detailed: the price for each Magento edition. Next: get_package, or purchase_and_install_package with dry_run.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    query: z.string().max(100).optional().describe('Words to find'),
    vendor: z.string().max(64).optional().describe("The vendor's slug"),
    type: z.string().max(64).optional().describe('Such as magento2-module, magento2-theme, metapackage'),
    ...page,
  }),
  output: listOf(packageRow),

  async run({ query, vendor, type, ...args }, { db, cursors, caller, publicUrl }) {
    return pageOf(
      { cursors },
      {
        row: packageRow,
        place: { tool: 'list_packages', owner: caller.customer, filter: { query, vendor, type } },
        page: args,
        read: ({ limit, after }) => searchPackages(db, { text: query, vendor, type, limit, after }),
        keyOf: ({ name }) => name,
        show: (found) => shownPackage(found, publicUrl),
      },
    )
  },
})
