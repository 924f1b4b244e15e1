import { textOf } from './next-step.ts'

/** What to correct, by the fault of an input. `known`: the parameters that exist. */
const INVALID_INPUT: Record<string, (known: string) => string> = {
  foreign_cursor: () => 'Call again without cursor.',
  listed_twice: () => 'List each package once.',
  nothing_to_change: () => 'Give title, summary or prices.',
  no_project: () => 'Call list_projects, or give new_project.',
  same_project: () => 'Name the project that gets the licence.',
  two_projects: () => 'Give one.',
  version_in_name: () =>
    'Give the name alone, such as northwind/module-search: a licence is for the package, and composer require chooses the version.',
  unknown_parameter: (known) => (known ? `Use only: ${known}.` : 'Call again without arguments.'),
}

type Facts = Record<string, Parameters<typeof textOf>[0]>

/** Undefined for a fault that a correction of the field ends. */
export const afterInvalidInput = ({ fault, known }: Facts): string | undefined =>
  INVALID_INPUT[textOf(fault)]?.(textOf(known))
