import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { type AuditPageOptions, auditPages } from './audit-page.ts'
import { auditRefusals } from './audit-refusals.ts'
import { type CatalogueOptions, cataloguePages } from './catalogue.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { type OperationPageOptions, operationPages } from './operation-page.ts'
import { refuseOtherSites } from './own-site.ts'
import { paymentMethodPages, type PaymentMethodsOptions } from './payment-methods-page.ts'
import { identifyVisitors, type VisitorOptions } from './session.ts'
import { signInPages, type SignInOptions } from './sign-in.ts'

export type CustomerAreaOptions = CatalogueOptions &
  VisitorOptions &
  SignInOptions &
  OperationPageOptions &
  PaymentMethodsOptions &
  AuditPageOptions

/** All pages for people. Their hooks and their only body parser, for forms, do not apply to other doors. */
export async function customerArea(app: FastifyInstance, options: CustomerAreaOptions): Promise<void> {
  const { db, memory, publicUrl } = options
  app.removeAllContentTypeParsers()
  await app.register(formbody)
  refuseOtherSites(app, publicUrl)
  await identifyVisitors(app, options)
  auditRefusals(app, options)

  await app.register(cataloguePages, { db, memory, publicUrl })
  await app.register(signInPages, options)
  await app.register(operationPages, options)
  await app.register(paymentMethodPages, options)
  await app.register(auditPages, options)
  // so that the not-found page also shows who is signed in
  app.get('/*', async (_, reply) => sendPage(reply, notFoundPage, 404))
}
