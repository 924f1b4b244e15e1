// npm run admin -- help: what an operator does with the database of DATABASE_URL, or of the running sandbox.
// Exits 1 when nothing was done because of what is stored, or when something still differs, and 2 for a wrong call.
import { runAdmin } from './admin/run.ts'

process.exitCode = await runAdmin(process.argv.slice(2))
