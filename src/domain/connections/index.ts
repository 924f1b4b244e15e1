import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { isAccessToken, mintAccessToken, type NewAccessToken } from './access-token.ts'
export { authenticate, type Authenticated } from './authenticate.ts'
export { createConnection, describeConnection } from './connection-store.ts'
export {
  assertSignedInLately,
  changeConnectionOrg,
  changeConnectionScopes,
  renameConnection,
} from './change-connection.ts'
export { endedConnections, type OwnConnection, ownConnection, ownConnections } from './own-connections.ts'
export { lastUse } from './last-use.ts'
export { revokeConnection, revokeConnectionsOf } from './revoke-connection.ts'
export { setActiveOrg } from './set-active-org.ts'

/** The codes of all refusals of `connections`. */
export type ConnectionsCode = CodesIn<typeof refusals>
