import { type JsonAnswer, warning } from './answer.ts'

interface Named {
  name: string
  /** Has a page where it is sold. */
  isPublic: boolean
}

export const pageOf = (publicUrl: string, name: string) => `${publicUrl}/packages/${name}`

/** 402, because on 404 Composer goes on and installs a stranger's package of that name. */
export const notLicensed = (publicUrl: string, { name, isPublic }: Named): JsonAnswer =>
  warning(
    402,
    isPublic
      ? `${name} is not licensed for this project. Buy: ${pageOf(publicUrl, name)}`
      : `${name} is not licensed for this project, and it is not sold by itself.`,
  )

/** Nobody can renew a package that is not sold: its licence comes with another one. */
export function releasedTooLate(publicUrl: string, { name, isPublic }: Named, version: string): string {
  const fact = `${name} ${version} was released after your update window ended.`
  return isPublic ? `${fact} Renew: ${pageOf(publicUrl, name)}` : `${fact} Renew the licence that brings it.`
}
