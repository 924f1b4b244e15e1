import { operation } from './operation.ts'
import { now, retryForMinutes, retryForever } from './steps.ts'

/** Asks for a look at the tags of a package, and waits for its end. */
export const syncPackage = operation(async ({ operationId, watch }) => {
  const { packageId, name, asked } = await retryForMinutes.beginPackageSync({ operationId, at: now() })
  const step = { operationId, position: 1, packageId, asked }
  const tags = await watch(() => retryForever.lookAtSync({ ...step, at: now() }))
  return { package_id: packageId, package: name, ...tags }
})
