import type { Moves } from '#domain/billing'

/** A move as text: what is done, how an attempt ends, and whether its card is refused for ever. */
export function inWords(move: Moves[keyof Moves]): string {
  const said = [move.kind.replaceAll('_', ' ')]
  if ('n' in move) said.push(String(move.n))
  if ('refusal' in move) said.push(move.refusal.code)
  const ends = 'ends' in move && move.ends ? `; ${move.ends.n} ${move.ends.outcome}` : ''
  return `${said.join(' ')}${ends}${'refusesCard' in move ? '; never again' : ''}`
}
