// npm run workflows:bundle -- FILE: bundles the workflows into one file, for WORKFLOW_BUNDLE. The image is built with it.
import path from 'node:path'
import { bundleWorkflows } from '../sandbox/workflow-bundle.ts'

const [file, ...more] = process.argv.slice(2)
if (!file || more.length) {
  console.error('usage: npm run workflows:bundle -- FILE')
  process.exit(2)
}
await bundleWorkflows(path.resolve(file))
