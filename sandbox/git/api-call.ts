import type { Host } from './state.ts'

export interface ApiCall {
  method: string
  /** Below the API's own path. */
  path: string
  query: URLSearchParams
  authorization: string | undefined
  body: Record<string, unknown>
}

export interface ApiAnswer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** Answers a call, or returns undefined for a call that this stand-in does not know. */
export type Api = (host: Host, call: ApiCall) => ApiAnswer | undefined
