import type { Visitor } from './a-visitor.ts'

type Send = (at: At) => Promise<unknown>
export type AuditedRoute =
  | { does: string; outcome?: string; send: Send; refuse?: Send }
  | { does: string; testedIn: string }
  | { machine: string }

/** A visitor, and what belongs to the buyer. */
interface At {
  visitor: Visitor
  connection: string
  card: string
  link: string
  integration: string
}
