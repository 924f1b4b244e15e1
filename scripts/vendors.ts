// npm run vendors -- list | approve SLUG@MARK | decline SLUG@MARK --reason TEXT: the same as `npm run admin -- vendors`,
// `approve-vendor` and `decline-vendor`.
const [does = '', ...more] = process.argv.slice(2)
const names: Record<string, string> = {
  list: 'vendors',
  approve: 'approve-vendor',
  decline: 'decline-vendor',
}
process.argv.splice(2, Infinity, names[does] ?? `vendors ${does}`, ...more)
await import('./admin.ts')
