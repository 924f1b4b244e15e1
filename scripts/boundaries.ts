// npm run boundaries: checks the import rules, as test/architecture/boundaries.test.ts does, and prints each violation. The
// command of dependency-cruiser would print a warning each time, because it knows no TypeScript 7.
import { checkOwnImports } from './import-rules.ts'

const { violations, totalCruised } = (await checkOwnImports()).summary
for (const { rule, from, to } of violations) console.log(`${rule.name}: ${from} imports ${to}`)
console.log(`${violations.length} violations in ${totalCruised} modules.`)
process.exitCode = violations.length ? 1 : 0
