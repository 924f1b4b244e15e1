// A vendor writes these and models read them, so only text that Composer can parse passes:
// https://getcomposer.org/doc/articles/versions.md, https://getcomposer.org/doc/01-basic-usage.md#platform-packages
import { packageName } from '#kernel/schemas'

const MOST_LINKS = 500
const LONGEST_CONSTRAINT = 200
const LONGEST_PART = 60

const PLATFORM =
  /^(php(-(64bit|ipv6|zts|debug))?|hhvm|(ext|lib)-[a-z0-9]+([_.-][a-z0-9]+)*|composer(-(plugin|runtime)-api)?)$/i
/** One part of a constraint: an operator with a version, a branch, the `-` of a range, or the `as` of an alias. */
const PART =
  /^([<>=!~^]{0,2}(v?\d[\w.*+-]*|[*x](\.[*x])*)?|dev-[\w./+-]+|self\.version|as|-)(@(dev|alpha|beta|RC|stable))?(#[0-9a-f]{7,40})?$/i

/** Whether Composer can parse it as one entry of `require` or of another map of links. */
export function isLink(name: string, constraint: string): boolean {
  if (!PLATFORM.test(name) && !packageName.safeParse(name.toLowerCase()).success) return false
  const parts = constraint.split(/[\s,|]+/).filter(Boolean)
  return (
    parts.length > 0 &&
    name.length <= LONGEST_CONSTRAINT &&
    constraint.length <= LONGEST_CONSTRAINT &&
    parts.every((part) => part.length <= LONGEST_PART && PART.test(part))
  )
}

/** Whether all entries are valid links, and there are not too many. */
export const areLinks = (links: Readonly<Record<string, string>>): boolean =>
  Object.keys(links).length <= MOST_LINKS &&
  Object.entries(links).every(([name, constraint]) => isLink(name, constraint))
