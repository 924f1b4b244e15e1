/**
 * What an operation is about, by its input: names of packages, URLs of repositories, or names of a project, a vendor
 * or a Git host.
 * Empty for a cart. A person or an assistant wrote it.
 */
export function subjectOf(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  const { packages, repositories, package: only, name, slug, host } = input as Record<string, unknown>
  if (Array.isArray(packages))
    return packages.flatMap((each) => textsIn((each as { package?: unknown }).package))
  if (Array.isArray(repositories)) return repositories.flatMap(textsIn)
  return [only, name, slug, host].flatMap(textsIn)
}

const textsIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])
