import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export {
  deleteAccessToken,
  findAccessToken,
  isAccessToken,
  mintAccessToken,
  newAccessToken,
  type NewAccessToken,
  saveAccessToken,
} from './access-token.ts'
export {
  consumeArtifact,
  deleteArtifact,
  findArtifact,
  type FoundArtifact,
  hashOfArtifact,
  saveArtifact,
} from './artifact-store.ts'
export { authenticate, type Authenticated } from './authenticate.ts'
export { blockClient, unblockClient } from './block-client.ts'
export { findClientDocument, saveClientDocument, withdrawClientDocument } from './client-document-store.ts'
export { findClient, saveClient } from './client-store.ts'
export { createConnection, describeConnection } from './connection-store.ts'
export { countDeviceCode, DEVICE_SCOPES, pollDeviceCode } from './device-code.ts'
export { ConnectRequestOver, TooManyDeviceCodes } from './errors.ts'
export { findGrant } from './find-grant.ts'
export { grantConnection, refuseConnection } from './grant-connection.ts'
export {
  assertSignedInLately,
  changeConnectionOrg,
  changeConnectionScopes,
  renameConnection,
} from './change-connection.ts'
export {
  connectionsLike,
  endedConnections,
  namesOfConnections,
  type OwnConnection,
  ownConnection,
  ownConnections,
} from './own-connections.ts'
export { lastUse } from './last-use.ts'
export {
  deleteRefreshToken,
  findRefreshToken,
  saveRefreshToken,
  useRefreshToken,
} from './refresh-token-store.ts'
export { endConnectionsOf, revokeConnection, revokeConnectionsOf } from './revoke-connection.ts'
export { setActiveOrg } from './set-active-org.ts'
export { shownName } from './shown-name.ts'
export { sweepConnections } from './sweep.ts'

/** The codes of all refusals of `connections`. */
export type ConnectionsCode = CodesIn<typeof refusals>
