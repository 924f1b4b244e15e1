export { audit, type AuditEvent } from './audit.ts'
export { verifyChain } from './verify-chain.ts'
