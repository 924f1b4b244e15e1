// npm run vendors -- list | approve SLUG@MARK | decline SLUG@MARK --reason TEXT: the same as `npm run admin -- vendors`,
// `approve-vendor` and `decline-vendor`.
import { runAdmin } from './admin/run.ts'

const [does = '', ...more] = process.argv.slice(2)
const names: Record<string, string> = {
  list: 'vendors',
  approve: 'approve-vendor',
  decline: 'decline-vendor',
}
process.exitCode = await runAdmin([names[does] ?? `vendors ${does}`, ...more])
