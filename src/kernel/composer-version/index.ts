export { compare } from './compare.ts'
export { normalize, normalizeBranch, parseStability } from './normalize.ts'
