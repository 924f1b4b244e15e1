// npm run workflows:bundle -- FILE [INTERCEPTORS …]: bundles the workflows into one file, for WORKFLOW_BUNDLE. The image is
// built with it. Tests add files of interceptors.
import path from 'node:path'
import { bundleWorkflows } from '../sandbox/workflow-bundle.ts'

const [file, ...interceptors] = process.argv.slice(2)
if (!file) {
  console.error('usage: npm run workflows:bundle -- FILE [INTERCEPTORS …]')
  process.exit(2)
}
await bundleWorkflows(path.resolve(file), interceptors)
