import { errors, type RichAuthorizationRequestsActiveConfiguration } from 'oidc-provider'
import {
  detailOfRules,
  findRules,
  rulesOfDetail,
  SPENDING_DETAIL_TYPE,
  spendingDetail,
  type SpendingRules,
} from '#domain/spending'
import { approvedVendors } from '#domain/vendors'
import { isId } from '#kernel/ids'
import type { Db } from '#platform/database'

const { InvalidAuthorizationDetails } = errors

/**
 * Lets an application ask for spending rules (RFC 9396). They fill the form of the consent page, and the token response
 * has what the person set there, or has changed since. Only the rows of the connection count, never what was asked.
 */
export function spendingDetails(db: Db): RichAuthorizationRequestsActiveConfiguration {
  return {
    enabled: true,
    types: { [SPENDING_DETAIL_TYPE]: { validate: ({ oidc }, detail) => validate(db, oidc, detail) } },
    authorizationDetailsForGrantSource: async (_, { grantId }) => granted(db, grantId),
    authorizationDetailsForAccessToken({ oidc }, { scope, grantId }: { scope?: string; grantId?: string }) {
      if (oidc.params?.authorization_details !== undefined)
        throw new InvalidAuthorizationDetails('authorization_details belong into the authorization request')
      return wordsOf(scope).includes('buy') ? granted(db, grantId) : undefined
    },
    authorizationDetailsForIntrospection: () => undefined,
  }
}

/** The rules that an application asks for in a request that the engine has accepted. */
export function rulesAskedFor({
  authorization_details: text,
}: Record<string, unknown>): SpendingRules | undefined {
  const [detail] = detailsIn(text)
  return detail === undefined ? undefined : rulesOfDetail(spendingDetail.parse(detail))
}

interface Asking {
  route: string
  params?: Record<string, unknown> | undefined
}

async function validate(db: Db, { route, params = {} }: Asking, detail: unknown): Promise<void> {
  if (route === 'device_authorization')
    throw new InvalidAuthorizationDetails('a device cannot buy, so it has no spending rules')
  if (detailsIn(params.authorization_details).length > 1)
    throw new InvalidAuthorizationDetails(`${SPENDING_DETAIL_TYPE} may be there only once`)
  if (!wordsOf(params.scope).includes('buy'))
    throw new InvalidAuthorizationDetails(`${SPENDING_DETAIL_TYPE} needs the scope buy`)
  const parsed = spendingDetail.safeParse(detail)
  if (!parsed.success) throw new InvalidAuthorizationDetails(faultIn(parsed.error.issues))
  const { vendors = [] } = parsed.data
  const known = await approvedVendors(db, vendors)
  const unknown = vendors.find((slug) => !known.includes(slug))
  if (unknown) throw new InvalidAuthorizationDetails(`there is no vendor ${unknown}`)
}

/** Such as `limits.0.per_day: is no amount in EUR`, in the characters that OAuth allows (RFC 6749, 5.2). */
function faultIn(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  const [first] = issues
  const where = first?.path.map(String).join('.')
  return `${where ? `${where}: ` : ''}${first?.message ?? 'invalid'}`
    .replaceAll(/[^ !#-[\]-~]/g, "'")
    .slice(0, 200)
}

async function granted(db: Db, grantId: string | undefined) {
  const rules = grantId !== undefined && isId('con', grantId) ? await findRules(db, grantId) : undefined
  return rules && [{ ...detailOfRules(rules) }]
}

function detailsIn(text: unknown): unknown[] {
  const details: unknown = typeof text === 'string' ? JSON.parse(text) : []
  return Array.isArray(details) ? details : []
}

const wordsOf = (text: unknown): string[] => (typeof text === 'string' ? text.split(' ') : [])
