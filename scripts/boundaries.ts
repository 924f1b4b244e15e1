// npm run boundaries: checks the import rules, as test/architecture/boundaries.test.ts does, and prints each violation. The
// command of dependency-cruiser would print a warning each time, because it knows no TypeScript 7.
import path from 'node:path'
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser'

const { default: rules } = (await import(path.resolve('.dependency-cruiser.mjs'))) as {
  default: IConfiguration
}
const { forbidden, options } = rules
const { output } = await cruise(['src', 'sandbox', 'test'], {
  ...options,
  ruleSet: { forbidden },
  validate: true,
})
const { violations, totalCruised } = (output as ICruiseResult).summary
for (const { rule, from, to } of violations) console.log(`${rule.name}: ${from} imports ${to}`)
console.log(`${violations.length} violations in ${totalCruised} modules.`)
process.exitCode = violations.length ? 1 : 0
