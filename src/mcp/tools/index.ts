import type { Tool } from '../tool.ts'
import getMyDashboard from './account/get-my-dashboard.ts'
import listOrgs from './account/list-orgs.ts'
import whoami from './account/whoami.ts'
import listPaymentMethods from './billing/list-payment-methods.ts'
import startAddPaymentMethod from './billing/start-add-payment-method.ts'
import getPackage from './catalogue/get-package.ts'
import listPackages from './catalogue/list-packages.ts'
import listLicences from './licensing/list-licences.ts'
import cancelOperation from './operations/cancel-operation.ts'
import getOperation from './operations/get-operation.ts'
import listOperations from './operations/list-operations.ts'
import createProjectToken from './projects/create-project-token.ts'
import getInstallSnippet from './projects/get-install-snippet.ts'
import listProjects from './projects/list-projects.ts'
import setupProject from './projects/setup-project.ts'
import purchaseAndInstallPackage from './purchasing/purchase-and-install-package.ts'

/** Every tool, in the order clients list them: composites first. */
export const tools: readonly Tool[] = [
  getMyDashboard,
  purchaseAndInstallPackage,
  setupProject,
  whoami,
  listOrgs,
  listPackages,
  getPackage,
  listProjects,
  getInstallSnippet,
  createProjectToken,
  listLicences,
  listPaymentMethods,
  startAddPaymentMethod,
  getOperation,
  listOperations,
  cancelOperation,
]
