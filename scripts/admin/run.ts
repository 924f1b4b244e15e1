import { parseArgs } from 'node:util'
import { Refused, sentenceOf } from '../market.ts'
import { COMMANDS } from './all.ts'
import type { Command } from './command.ts'

const LINES = COMMANDS.map(({ usage, does }) => `  ${usage}\n      ${does}`)
const HELP = `usage: npm run admin -- COMMAND

${LINES.join('\n')}

Each change is audited. No command takes a secret: a link for a person is printed, and keys are settings.`

/** Runs the command that the arguments name. Returns the exit code: 1 when nothing was done, 2 for a wrong call. */
export async function runAdmin(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    return (await wanted(args)()) ? 0 : 1
  } catch (e) {
    console.error(sentenceOf(e) ?? e)
    return 2
  }
}

function wanted([name, ...rest]: readonly string[]): () => Promise<boolean> {
  if (name === 'help' || name === '--help')
    return async () => {
      console.log(HELP)
      return true
    }
  const command = COMMANDS.find(({ usage }) => usage.split(' ')[0] === name)
  if (!command) throw new Refused(HELP)
  const { positionals, options, flags } = argumentsOf(command, rest)
  return () => command.run(positionals, options, flags)
}

/** Refuses a call that does not fit, with the line of its command. */
function argumentsOf({ usage, options = {}, flags = [], does }: Command, given: string[]) {
  const wrong = new Refused(`usage: npm run admin -- ${usage}\n  ${does}`)
  const known = [
    ...Object.keys(options).map((name) => [name, { type: 'string' }] as const),
    ...flags.map((name) => [name, { type: 'boolean' }] as const),
  ]
  const parsed = parsedBy(known, given)
  if (!parsed) throw wrong
  const { positionals, values } = parsed
  const [before = ''] = usage.split(/ \[?--/)
  const isMissing = ([name, need]: [string, string]) => need === 'needed' && values[name] === undefined
  if (positionals.length !== before.split(' ').length - 1 || Object.entries(options).some(isMissing))
    throw wrong
  const texts = Object.entries(values).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return {
    positionals,
    options: Object.fromEntries(texts),
    flags: new Set(flags.filter((name) => values[name] === true)),
  }
}

function parsedBy(known: ReadonlyArray<readonly [string, { type: 'string' | 'boolean' }]>, args: string[]) {
  try {
    return parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true })
  } catch {
    return undefined
  }
}
