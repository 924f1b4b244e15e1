export type JsonSchema = { [keyword: string]: unknown }

/** A call of the SDK: how it goes over the wire, and what it sends and gets. */
export interface Route {
  verb: string
  /** With `{}` for each id. */
  path: string
  /** Names in `definitions`; `params` is absent for a call that sends nothing. */
  params?: string
  answer: string
  isList: boolean
}

export interface Schemas {
  sdkVersion: string
  apiVersion: string
  /** Calls found in all of the SDK, to see that the scan still finds them. */
  scanned: number
  routes: Route[]
  definitions: Record<string, JsonSchema>
}
