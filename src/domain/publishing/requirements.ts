// A vendor writes these and models read them, so only what Composer could read gets in:
// https://getcomposer.org/doc/articles/versions.md, https://getcomposer.org/doc/01-basic-usage.md#platform-packages
import { packageName } from '#kernel/schemas'

const MOST_LINKS = 500
const LONGEST_CONSTRAINT = 200
const LONGEST_PART = 60

const PLATFORM =
  /^(php(-(64bit|ipv6|zts|debug))?|hhvm|(ext|lib)-[a-z0-9]+([_.-][a-z0-9]+)*|composer(-(plugin|runtime)-api)?)$/i
/** Between spaces, commas and bars: an operator, a version, a branch, or `-` and `as` of a range and an alias. */
const PART =
  /^([<>=!~^]{0,2}(v?\d[\w.*+-]*|[*x](\.[*x])*)?|dev-[\w./+-]+|self\.version|as|-)(@(dev|alpha|beta|RC|stable))?(#[0-9a-f]{7,40})?$/i

/** Whether Composer could read it as one entry of `require` or another map of links. */
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

/** Whether all entries are such, and not more than any real package has. */
export const areLinks = (links: Readonly<Record<string, string>>): boolean =>
  Object.keys(links).length <= MOST_LINKS &&
  Object.entries(links).every(([name, constraint]) => isLink(name, constraint))
