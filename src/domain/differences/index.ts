export { type Closed, closePayment, knownOperations, type Remedy, remedyOf } from './close-difference.ts'
export { findDifferences } from './find-differences.ts'
export type { Difference, OpenRun, Rule, StatedPayment } from './sources.ts'
