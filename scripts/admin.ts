// npm run admin -- help: what an operator does with the database of DATABASE_URL, or of the running sandbox.
// Exits 1 when nothing was done because of what is stored, or when something still differs, and 2 for a wrong call.
import { parseArgs } from 'node:util'
import { COMMANDS } from './admin/all.ts'
import type { Command } from './admin/command.ts'
import { Refused, sentenceOf } from './market.ts'

const LINES = COMMANDS.map(({ usage, does }) => `  ${usage}\n      ${does}`)
const HELP = `usage: npm run admin -- COMMAND

${LINES.join('\n')}

Each change is audited. No command takes a secret: a link for a person is printed, and keys are settings.`

try {
  process.exitCode = (await wanted()()) ? 0 : 1
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

function wanted(): () => Promise<boolean> {
  const [name, ...rest] = process.argv.slice(2)
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
