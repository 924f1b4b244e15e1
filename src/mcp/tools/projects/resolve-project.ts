import { z } from 'zod'
import { newProject } from '#contracts/purchase'
import { resolveProject } from '#domain/resolution'
import { edition, orgArgument, projectRef } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { resolutionView, shownResolution } from './resolution-view.ts'

const LONGEST = 1_000_000

/** A file of Composer. The size of a request limits it, too. */
const file = z.union([z.string().max(LONGEST), z.record(z.string(), z.unknown())])

export default defineTool({
  kind: 'read',
  name: 'resolve_project',
  title: 'Check what a shop needs',
  description: `
    Compares a shop's composer.json with its licences: what it still needs to buy or renew, the cheapest set (suites
    count), conflicts, and quotes for purchase_and_install_package, if project or new_project is given. Runs and
    fetches nothing.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    composer_json: file.describe('The file, as text or object'),
    composer_lock: file.optional().describe('If short; else installed'),
    installed: z
      .union([z.string().max(LONGEST), z.array(z.record(z.string(), z.string().max(255))).max(10_000)])
      .optional()
      .describe(
        "Instead of a lock: [{name, version}], or what this prints: composer show --locked | awk '{print $1,$2}'",
      ),
    project: projectRef.optional().describe('Whose licences count'),
    new_project: newProject.pick({ name: true }).optional(),
    edition: edition.optional().describe('Default: what the files say'),
  }),
  output: resolutionView,

  async run(args, { db, caller, org, secrets, spending: settings, at }) {
    const { composer_json, composer_lock, installed, project, new_project: newProject } = args
    const resolution = await resolveProject(db, {
      org,
      files: { composer_json, composer_lock, installed },
      project,
      newProject,
      edition: args.edition,
      at,
      quoteKey: secrets.deriveKey('quote'),
      spender: { connection: caller.connection, settings },
    })
    return shownResolution(org, resolution)
  },
})
