export { compare, rsort } from './compare.ts'
export { InvalidVersion, normalize, normalizeBranch, parseStability, type Stability } from './normalize.ts'
