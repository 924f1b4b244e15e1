export type JsonSchema = { [keyword: string]: unknown }

/** A call of the SDK: its verb, its path, and the schemas of what it sends and gets. */
export interface Route {
  verb: string
  /** The path, with `{}` in place of each id. */
  path: string
  /** Names in `definitions`; `params` is absent for a call that sends nothing. */
  params?: string
  answer: string
  isList: boolean
}

export interface Schemas {
  sdkVersion: string
  apiVersion: string
  /** How many calls the whole SDK has. Shows that the scan still finds them. */
  scanned: number
  routes: Route[]
  definitions: Record<string, JsonSchema>
}
