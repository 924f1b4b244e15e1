/**
 * Parses `a[b][0]=x` as the SDK writes it: objects, and lists where the keys are numbers. A name such
 * as `__proto__` cannot change a prototype.
 */
export function parseForm(text: string): Record<string, unknown> {
  const root: Branch = new Map()
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = '', ...rest] = name.split(/\[|\]\[|\]$/).filter((part, i) => i === 0 || part !== '')
    set(root, [first, ...rest], value)
  }
  return Object.fromEntries([...root].map(([key, value]) => [key, plain(value)]))
}

type Branch = Map<string, Branch | string>

function set(branch: Branch, [key = '', ...rest]: string[], value: string): void {
  if (!rest.length) {
    branch.set(key, value)
    return
  }
  const next = branch.get(key)
  const below: Branch = next instanceof Map ? next : new Map()
  branch.set(key, below)
  set(below, rest, value)
}

function plain(value: Branch | string): unknown {
  if (typeof value === 'string') return value
  const entries = [...value].map(([key, member]) => [key, plain(member)] as const)
  const isList = entries.length > 0 && entries.every(([key], i) => key === String(i))
  return isList ? entries.map(([, member]) => member) : Object.fromEntries(entries)
}
