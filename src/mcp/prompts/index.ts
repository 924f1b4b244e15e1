import buyAndInstall from './buy-and-install.ts'
import type { Prompt } from './prompt.ts'
import publishRepository from './publish-repository.ts'
import whatEndsSoon from './what-ends-soon.ts'

/** Every prompt, in the order in which clients list them. */
export const prompts: readonly Prompt[] = [buyAndInstall, publishRepository, whatEndsSoon]
