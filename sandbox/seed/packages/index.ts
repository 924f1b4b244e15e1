import type { DemoPackage } from './demo-package.ts'
import { fabrikam } from './fabrikam.ts'
import { northwind } from './northwind.ts'

/** What the demo market sells, in the order it is published: what others require comes first. */
export const demoPackages = (): DemoPackage[] => [...northwind, ...fabrikam]
