import { type Check, checkOf, type Finding, type Inspected, listOf, matchesFile } from './check.ts'

const PHP = /\.(php|phtml|inc)$/i
// a call, and not a method, a declaration or a longer name
const EVAL = /(?<![\w$>:\\]|function )(?:eval|create_function)\s*\(/i
const EXECUTES =
  /(?<![\w$>:\\]|function )(?:exec|shell_exec|system|passthru|proc_open|popen|pcntl_exec)\s*\(/i

/** What a buyer wants to know before the code runs. A finding may be harmless, and harmful code may have no finding. */
export function checkSecurity({ manifest, files }: Inspected): Check {
  const found: Finding[] = []
  if (manifest['type'] === 'composer-plugin')
    found.push({ status: 'warn', message: 'It is a plugin: its code runs while Composer installs it.' })
  const sources = files.filter(({ path }) => PHP.test(path))
  const which = (pattern: RegExp) =>
    sources.filter((file) => matchesFile(pattern, file)).map(({ path }) => path)
  const [evaluates, executes] = [which(EVAL), which(EXECUTES)]
  if (evaluates.length)
    found.push({ status: 'warn', message: `It makes code from text (eval): ${listOf(evaluates)}.` })
  if (executes.length) found.push({ status: 'warn', message: `It starts programs: ${listOf(executes)}.` })
  return checkOf('security', found, 'It starts no program and makes no code from text.')
}
