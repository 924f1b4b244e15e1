// Loaded into each thread of a test process. Workflows of tests need neither the stack traces that Temporal keeps of each
// promise nor its deadlock detection, and both together cost more than the workflows themselves.
'use strict'
const { promiseHooks } = require('node:v8')
const vm = require('node:vm')
const { isMainThread } = require('node:worker_threads')

if (!isMainThread) {
  promiseHooks.createHook = () => () => {}
  const { runInContext } = vm.Script.prototype
  vm.Script.prototype.runInContext = function (context, options) {
    return runInContext.call(this, context, { ...options, timeout: undefined })
  }
}
