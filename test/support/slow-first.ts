import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Start a Temporal each, and wait much. */
const STORIES = /\/test\/(stories|faults)\//
/** Start whole sandboxes, or browsers. */
const HEAVY = /\/test\/(clients|sandbox|system)\//

/**
 * Starts the slow folders first, so that no process is left with a long file at the end. Stories and heavy files take
 * turns, because a sandbox does not start in time when the others start theirs.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const of = (folder: RegExp) => sorted.filter(({ moduleId }) => folder.test(moduleId))
    const [stories, heavy] = [of(STORIES), of(HEAVY)]
    const turns = Math.max(stories.length, heavy.length)
    const slow = Array.from({ length: turns }, (_, turn) => [stories[turn], heavy[turn]]).flat()
    return [...new Set([...slow.filter((file) => file !== undefined), ...sorted])]
  }
}
