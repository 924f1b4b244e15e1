import { z } from 'zod'
import { mayOn } from '#domain/orgs'
import {
  installSnippet,
  type ProjectAccess,
  projectAccess,
  projectFor,
  ProjectIsArchived,
} from '#domain/projects'
import { composerRepository, orgArgument, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineProjectTool } from '../../call/tool.ts'

export default defineProjectTool({
  kind: 'read',
  name: 'get_install_snippet',
  title: 'Get the install snippet',
  description: `
    Returns what a project needs to install its packages: the repository entry, the composer commands and, for roles
    that may manage tokens, their public keys. Private keys are not shown: create_project_token makes new ones.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    packages: z.array(z.string()),
    repository: composerRepository,
    composer_commands: z.array(z.string()),
    tokens: z
      .array(
        z.looseObject({
          label: z.string(),
          public_key: z.string(),
          created_at: z.string(),
          last_used_at: z.string().optional(),
        }),
      )
      .optional()
      .describe('Absent for a role that may not manage them'),
  }),

  async run({ project: ref }, { db, org, publicUrl, at }) {
    const project = await projectFor(db, org, { project: ref, permission: 'see' })
    if (project.archivedAt) throw new ProjectIsArchived(project.slug)
    const { packages, tokens } = await projectAccess(db, { project: project.id, at })
    return {
      org: org.slug,
      project: project.id,
      packages,
      ...installSnippet(publicUrl, project.id, packages),
      ...(mayOn(org, 'manage_project_tokens', project.id) && { tokens: tokens.map(shownToken) }),
    }
  },
})

const shownToken = ({ label, publicKey, createdAt, lastUsedAt }: ProjectAccess['tokens'][number]) => ({
  label: foreignName(label),
  public_key: publicKey,
  created_at: createdAt.toISOString(),
  ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
})
