import type { PurchaseOutcome } from '#contracts/purchase'
import type { Refusal } from '#kernel/errors'
import type { LineId, OperationId, OrgId, ProjectId } from '#kernel/ids'
import { sumOf } from '#kernel/money'
import { shownMoney } from '#kernel/schemas'
import { alsoNeeded } from '#domain/cart'
import { type Holding, holdingsOf, licencesById } from '#domain/licensing'
import { operationContext } from '#domain/operations'
import { findProject, installSnippet, liveKeys } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { boughtBy, type Decided, type Order } from './order-store.ts'

/** A line that was not bought, and why. */
export interface RefusedLine extends Refusal {
  line: LineId
}

/** The result of a purchase, as its operation stores it. */
export async function outcomeOf(
  tx: Db,
  { publicUrl, refused, at }: { publicUrl: string; refused: readonly RefusedLine[]; at: Date },
  { order, org, project: id }: { order: Order; org: OrgId; project: ProjectId | undefined },
): Promise<PurchaseOutcome> {
  const project = id && (await findProject(tx, org, id))
  const held = project ? await holdingsOf(tx, project.id, at) : []
  const notBought = await Promise.all(refused.map((each) => shownRefusal(tx, each)))
  const missing = notBought.flatMap(({ packages }) => packages)
  const inVain = coveredInVain(order, missing)
  const shown = await shownLicences(tx, order, { without: [...missing, ...inVain], held })
  const installable = shown.filter(({ activated }) => activated).map((each) => each.package)
  return {
    ...(order.lines.length && { order_id: order.id }),
    total: shownMoney(paidFor(order, refused)),
    licences: shown,
    ...(project && {
      project: project.id,
      live_keys: await shownKeys(tx, project.id, at),
      ...installSnippet(publicUrl, project.id, installable),
    }),
    ...(missing.length && { refused: notBought }),
  }
}

async function shownLicences(
  tx: Db,
  { decided }: Order,
  { without, held }: { without: readonly string[]; held: readonly Holding[] },
) {
  const wanted = decided.filter((each) => !without.includes(each.package))
  const licences = await licencesById(tx, [...new Set(wanted.map(({ licence }) => licence))])
  return wanted
    .toSorted((a, b) => (a.package < b.package ? -1 : 1))
    .flatMap(({ package: name, licence, outcome, through }) => {
      const found = licences.find(({ id }) => id === licence)
      if (!found) return []
      const isHeld = held.some((each) => each.licence === licence && !each.pending)
      const activated = (outcome === 'already_installed' && !through) || isHeld
      const until = found.validUntil && { valid_until: found.validUntil.toISOString() }
      const { edition } = found
      return [
        { id: licence, package: name, edition, outcome, ...(through && { through }), activated, ...until },
      ]
    })
}

/** The packages of refused lines. */
export async function missingIn(tx: Db, refused: readonly RefusedLine[]): Promise<string[]> {
  const lines = await Promise.all(refused.map(({ line }) => boughtBy(tx, line)))
  return lines.flatMap(({ packages }) => packages)
}

/** The packages that come with a package that was not bought. */
export const coveredInVain = ({ decided }: Order, missing: readonly string[]): string[] =>
  decided
    .filter(({ outcome, through }: Decided) => outcome === 'covered' && through && missing.includes(through))
    .map((each) => each.package)

/**
 * What Composer will ask for besides what a purchase has installed. It reads the manifests of other packages: ask for it
 * after the delivery, so that nothing it meets there can undo what was paid.
 */
export async function neededBeside(
  db: Db,
  operation: OperationId,
  { project: id, licences = [] }: PurchaseOutcome,
): Promise<Pick<PurchaseOutcome, 'also_needs'>> {
  const { orgId } = await operationContext(db, operation)
  const project = id && (await findProject(db, orgId, id))
  if (!project) return {}
  const names = licences.filter(({ activated }) => activated).map((each) => each.package)
  const needed = await alsoNeeded(db, { project: project.id, edition: project.edition, names })
  return needed.length ? { also_needs: needed.map(shownNeed) } : {}
}

const shownNeed = ({ package: name, requiredBy, price }: Awaited<ReturnType<typeof alsoNeeded>>[number]) => ({
  package: name,
  required_by: requiredBy,
  ...(price && { price: shownMoney(price) }),
})

async function shownKeys(tx: Db, project: ProjectId, at: Date) {
  const keys = await liveKeys(tx, { project, at })
  return keys.map(({ publicKey, until }) => ({
    public_key: publicKey,
    ...(until && { works_until: until.toISOString() }),
  }))
}

const paidFor = ({ total, lines }: Order, refused: readonly RefusedLine[]) =>
  sumOf(
    total.currency,
    lines
      .filter(({ id, isVoid }) => !isVoid && !refused.some(({ line }) => line === id))
      .map(({ amount }) => amount),
  )

/** A refused line as the result shows it. */
async function shownRefusal(tx: Db, { line, code, message }: RefusedLine) {
  const { vendor, packages } = await boughtBy(tx, line)
  return { vendor, packages, code, message }
}
