/** The composer.json as the vendor wrote it: https://getcomposer.org/doc/04-schema.md */
export type Manifest = Record<string, unknown>

/** The version whose manifest is checked. `name`: of the registered package. */
export interface Subject {
  name: string
  tag: string
}
