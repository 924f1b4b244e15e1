import { z } from 'zod'
import { listLicences } from '#domain/licensing'
import { setArchived } from '#domain/projects'
import { orgArgument, projectRef } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'

const MOST = 100

export default defineTool({
  kind: 'action',
  name: 'archive_project',
  title: 'Archive a project',
  description: `
    Puts a project out of use: Composer gets 403 with its tokens at once. Nothing is deleted, and its licences keep
    their slots until you call move_activation or deactivate_licence. undo: true takes it back into use.`,
  scope: ['read', 'projects'],
  permission: 'manage_projects',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef, undo: z.boolean().optional() }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    slug: z.string(),
    archived: z.boolean(),
    changed: z.boolean().describe('False: it was so already'),
    licences: z.array(z.string()).describe('Ids of those active on it'),
  }),

  async run({ project: ref, undo = false }, { db, org, caller, at }) {
    const { project, changed } = await setArchived(db, { caller, org, project: ref, archived: !undo, at })
    const held = await listLicences(db, { org: org.id, onProjects: [project.id], limit: MOST, at })
    return {
      org: org.slug,
      project: project.id,
      slug: project.slug,
      archived: project.archivedAt !== undefined,
      changed,
      licences: held.map(({ id }) => id),
    }
  },
})
