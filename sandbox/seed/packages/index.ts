import type { DemoPackage } from './demo-package.ts'
import { fabrikam } from './fabrikam.ts'
import { northwind } from './northwind.ts'

/** The packages of the demo market in the order of publishing. A required package comes first. */
export const demoPackages = (): DemoPackage[] => [...northwind, ...fabrikam]
