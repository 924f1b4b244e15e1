import { checkArchive } from './archive.ts'
import type { Check, Inspected } from './check.ts'
import { checkManifestFields } from './manifest.ts'
import { checkAutoload, checkModule } from './module.ts'
import { checkSecrets } from './secrets.ts'
import { checkSecurity } from './security.ts'

/** All checks that need nothing but the files of the version. */
export const checkVersion = (inspected: Inspected): Check[] => [
  checkManifestFields(inspected),
  checkAutoload(inspected),
  checkModule(inspected),
  checkArchive(inspected),
  checkSecrets(inspected),
  checkSecurity(inspected),
  { name: 'tag_integrity', status: 'pass', message: 'The tag names the commit that the zip was made of.' },
]
