/** A task as the Tasks extension (SEP-2663) has it on the wire. */
export interface Task {
  taskId: string
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'
  statusMessage?: string
  createdAt: string
  lastUpdatedAt: string
  /** For how long it can be asked for; null: for good. */
  ttlMs: number | null
  pollIntervalMs?: number
}

/** What `tasks/get` answers: with what its status calls for. */
export interface DetailedTask extends Task {
  inputRequests?: Record<string, { method: string; params?: object }>
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

/** The tasks of one caller. Each refuses, as a `DomainError` of the kind `not_found`, a task that is not theirs. */
export interface Tasks {
  find: (id: string) => Promise<DetailedTask>
  /** Takes what is known and still open of the responses; ignores the rest. */
  answer: (id: string, responses: Record<string, unknown>) => Promise<void>
  /** A request: what is over stays as it ended. */
  cancel: (id: string) => Promise<void>
}
