import type { Tool } from '../call/tool.ts'
import getMyDashboard from './account/get-my-dashboard.ts'
import listConnections from './account/list-connections.ts'
import listOrgs from './account/list-orgs.ts'
import setActiveOrg from './account/set-active-org.ts'
import whoami from './account/whoami.ts'
import listAuditEvents from './audit/list-audit-events.ts'
import listPaymentMethods from './billing/list-payment-methods.ts'
import setDefaultPaymentMethod from './billing/set-default-payment-method.ts'
import startAddPaymentMethod from './billing/start-add-payment-method.ts'
import updateBillingDetails from './billing/update-billing-details.ts'
import getPackage from './catalogue/get-package.ts'
import listPackageVersions from './catalogue/list-package-versions.ts'
import listPackages from './catalogue/list-packages.ts'
import activateLicence from './licensing/activate-licence.ts'
import deactivateLicence from './licensing/deactivate-licence.ts'
import getLicence from './licensing/get-licence.ts'
import listLicences from './licensing/list-licences.ts'
import moveActivation from './licensing/move-activation.ts'
import cancelOperation from './operations/cancel-operation.ts'
import getOperation from './operations/get-operation.ts'
import listOperations from './operations/list-operations.ts'
import archiveProject from './projects/archive-project.ts'
import createProject from './projects/create-project.ts'
import createProjectToken from './projects/create-project-token.ts'
import getInstallSnippet from './projects/get-install-snippet.ts'
import listProjectInstalls from './projects/list-project-installs.ts'
import listProjectShares from './projects/list-project-shares.ts'
import listProjectTokens from './projects/list-project-tokens.ts'
import listProjects from './projects/list-projects.ts'
import resolveProject from './projects/resolve-project.ts'
import revokeProjectShare from './projects/revoke-project-share.ts'
import revokeProjectToken from './projects/revoke-project-token.ts'
import rotateProjectToken from './projects/rotate-project-token.ts'
import setupProject from './projects/setup-project.ts'
import shareProject from './projects/share-project.ts'
import updateProject from './projects/update-project.ts'
import listGitIntegrations from './git/list-git-integrations.ts'
import listGitRepositories from './git/list-git-repositories.ts'
import startGitIntegration from './git/start-git-integration.ts'
import listMissingDependencies from './publishing/list-missing-dependencies.ts'
import publishPackage from './publishing/publish-package.ts'
import listVersionChecks from './publishing/list-version-checks.ts'
import setPackageVisibility from './publishing/set-package-visibility.ts'
import syncPackage from './publishing/sync-package.ts'
import updatePackage from './publishing/update-package.ts'
import withdrawVersion from './publishing/withdraw-version.ts'
import acceptInvite from './team/accept-invite.ts'
import changeMemberRole from './team/change-member-role.ts'
import createOrg from './team/create-org.ts'
import inviteMember from './team/invite-member.ts'
import listOrgMembers from './team/list-org-members.ts'
import listPendingInvites from './team/list-pending-invites.ts'
import removeMember from './team/remove-member.ts'
import revokeInvite from './team/revoke-invite.ts'
import applyAsVendor from './vendors/apply-as-vendor.ts'
import bootstrapVendor from './vendors/bootstrap-vendor.ts'
import getVendorDashboard from './vendors/get-vendor-dashboard.ts'
import listVendors from './vendors/list-vendors.ts'
import addToCart from './cart/add-to-cart.ts'
import checkoutCart from './cart/checkout-cart.ts'
import getCart from './cart/get-cart.ts'
import getInvoice from './orders/get-invoice.ts'
import getOrder from './orders/get-order.ts'
import listInvoices from './orders/list-invoices.ts'
import listOrders from './orders/list-orders.ts'
import purchaseAndInstallPackage from './orders/purchase-and-install-package.ts'
import quoteCart from './cart/quote-cart.ts'
import removeFromCart from './cart/remove-from-cart.ts'

/** Every tool, in the order clients list them: composites first. */
export const tools: readonly Tool[] = [
  getMyDashboard,
  setActiveOrg,
  purchaseAndInstallPackage,
  setupProject,
  publishPackage,
  bootstrapVendor,
  getVendorDashboard,
  whoami,
  listOrgs,
  createOrg,
  listOrgMembers,
  changeMemberRole,
  removeMember,
  listPendingInvites,
  inviteMember,
  revokeInvite,
  acceptInvite,
  listConnections,
  listVendors,
  applyAsVendor,
  listAuditEvents,
  listPackages,
  getPackage,
  listPackageVersions,
  listProjects,
  createProject,
  resolveProject,
  updateProject,
  archiveProject,
  getInstallSnippet,
  listProjectTokens,
  createProjectToken,
  rotateProjectToken,
  revokeProjectToken,
  listProjectInstalls,
  shareProject,
  revokeProjectShare,
  listProjectShares,
  listLicences,
  getLicence,
  activateLicence,
  moveActivation,
  deactivateLicence,
  getCart,
  addToCart,
  removeFromCart,
  quoteCart,
  checkoutCart,
  listOrders,
  getOrder,
  listInvoices,
  getInvoice,
  listPaymentMethods,
  startAddPaymentMethod,
  setDefaultPaymentMethod,
  updateBillingDetails,
  listGitIntegrations,
  listGitRepositories,
  startGitIntegration,
  updatePackage,
  setPackageVisibility,
  syncPackage,
  listVersionChecks,
  listMissingDependencies,
  withdrawVersion,
  getOperation,
  listOperations,
  cancelOperation,
]
