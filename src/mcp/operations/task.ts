/** A task in the wire format of the Tasks extension (SEP-2663). */
export interface Task {
  taskId: string
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'
  statusMessage?: string
  createdAt: string
  lastUpdatedAt: string
  /** How long the task can be read, in ms; null means forever. */
  ttlMs: number | null
  pollIntervalMs?: number
}

/** The result of `tasks/get`: a task with the details that its status needs. */
export interface DetailedTask extends Task {
  inputRequests?: Record<string, { method: string; params?: object }>
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

/** The tasks of one caller. Each method refuses any other task with a `DomainError` of kind `not_found`. */
export interface Tasks {
  find: (id: string) => Promise<DetailedTask>
  /** Accepts the response to a question that is still open. Ignores all other responses. */
  answer: (id: string, responses: Record<string, unknown>) => Promise<void>
  /** Requests the cancellation. A task that is over stays as it ended. */
  cancel: (id: string) => Promise<void>
}
