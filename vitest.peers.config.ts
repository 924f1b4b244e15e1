import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

// npm run test:peers: real programs of other people, which are built on this machine; not part of npm test
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/peers/**/*.test.ts'],
    exclude: [],
    // two files of one peer would build it twice
    maxWorkers: 1,
    testTimeout: 60_000,
  },
})
