import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

// npm run histories: runs every path of every story and saves its history
export default defineConfig({
  test: {
    ...base.test,
    globalSetup: ['test/support/global-setup.ts', 'test/histories/as-in-production.ts'],
    include: ['test/histories/*.record.ts'],
    testTimeout: 120_000,
  },
})
