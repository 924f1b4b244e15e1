import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** The folders whose files start engines, browsers or workers. */
const SLOW = /\/test\/(clients|sandbox|stories)\//

/** Starts the slow folders first, so that no process is left with a long file at the end. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.test(moduleId)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}
