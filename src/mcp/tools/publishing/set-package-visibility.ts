import { z } from 'zod'
import { VISIBILITIES } from '#domain/catalogue'
import { setVisibility } from '#domain/offers'
import { idempotencyKey, orgArgument, packageArgument } from '#kernel/schemas'
import { defineCreationTool } from '../../call/tool.ts'
import { offerOutput, revisionArgument } from './offer-view.ts'

export default defineCreationTool({
  name: 'set_package_visibility',
  title: 'Show or hide a package',
  description: `
    Sets who sees the org's package. public: the shop shows and sells it; needs a price (update_package). withdrawn: not
    shown or sold any more, and Composer calls it abandoned. hidden: only a part of packages that require it. What was
    sold stays installable. Ask the user before.`,
  scope: ['read', 'publish'],
  permission: 'manage_packages',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    package: packageArgument,
    visibility: z.enum(VISIBILITIES),
    revision: revisionArgument,
    idempotency_key: idempotencyKey,
  }),
  output: offerOutput.extend({ before: z.enum(VISIBILITIES) }),

  async run(
    { package: name, visibility, revision, idempotency_key: key },
    { db, org, caller, currencies, at },
  ) {
    return setVisibility(db, { caller, org, key, package: name, visibility, revision, currencies, at })
  },
})
