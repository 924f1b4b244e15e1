import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
import type * as pickupRefusals from './pickup-errors.ts'
export { setArchived } from './archive-project.ts'
export { createProjectToken } from './create-project-token.ts'
export {
  findStoredToken,
  type PresentedKeys,
  type ProjectCredentials,
  projectOfKeys,
  type RefusedKeys,
} from './credentials.ts'
export { ProjectIsArchived, ProjectTokenNotFound } from './errors.ts'
export { type Install, installsPerDay, isInstallKey, listInstalls } from './installs.ts'
export { authJsonFor, installSnippet, pickupCommands } from './install-snippet.ts'
export { refuseTakenName, slugOfNew } from './new-project-name.ts'
export { offerPickup, pickUpKeys } from './pickup.ts'
export {
  holdingsOfOrgs,
  type ListedProject,
  listProjects,
  type ProjectAccess,
  projectAccess,
  projectDetails,
} from './project-reads.ts'
export { readKeys } from './read-keys.ts'
export { listProjectTokens } from './token-reads.ts'
export { projectsFor } from './seen-projects.ts'
export {
  archiveProject,
  createProject,
  findProject,
  orgOfProject,
  lockProject,
  type Project,
  projectFor,
  projectInUse,
  projectOf,
} from './project-store.ts'
export {
  addProjectToken,
  hashOfPrivateKey,
  keysIn,
  type KeyPair,
  liveKeys,
  newKeyPair,
  revokeProjectToken,
} from './project-token.ts'
export { findToken, revokeToken, type TokenOfProject } from './revoke-token.ts'
export { rotateToken } from './rotate-token.ts'
export { cooldownOf, LONGEST_COOLDOWN, setCooldown } from './set-cooldown.ts'
export { updateProject } from './update-project.ts'
export { createBareProject, mintTokenFor, type ProjectSetUp, setUpProject } from './set-up-project.ts'

/** The codes of the refusals of a pickup. Only its own door returns them. */
export type PickupCode = CodesIn<typeof pickupRefusals>

/** The codes of all other refusals of `projects`. */
export type ProjectsCode = CodesIn<typeof refusals>
