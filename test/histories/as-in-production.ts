import type { TestProject } from 'vitest/node'

/** Histories are recorded from the workflows of production, which cancel their timers. */
export default function setUp(project: TestProject): void {
  project.provide('skippingBundle', project.getProvidedContext().workflowBundle)
}
