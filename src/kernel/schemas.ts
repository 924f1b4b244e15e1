import { z } from 'zod'
import { mixesAlphabets } from './look-alikes.ts'
import { moneyText } from './money.ts'
import type { Money } from './money.ts'

export const EDITIONS = ['open-source', 'commerce', 'commerce-cloud'] as const
export type Edition = (typeof EDITIONS)[number]
export const edition = z.enum(EDITIONS).describe('Magento edition')

// Checked, but not part of the published schema: a pattern costs a model more tokens than the example beside it.
const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

// In Composer's own pattern the separators are optional, which backtracks exponentially in JavaScript.
const COMPOSER_NAME = /^[a-z0-9]+([_.-][a-z0-9]+)*\/[a-z0-9]+(([_.]|-{1,2})[a-z0-9]+)*$/
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/

/** A name as `composer require` takes it, with a version. */
const NAME_AND_VERSION = /^[^\s@:=]+\/[^\s@:=]+[\s@:=]/

export const packageName = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    if (COMPOSER_NAME.test(text)) return
    const hasVersion = NAME_AND_VERSION.test(text)
    context.addIssue({
      code: 'custom',
      message: hasVersion ? 'vendor/package without a version' : 'vendor/package in lower case',
      params: hasVersion ? { fault: 'version_in_name' } : undefined,
    })
  })

export const packageArgument = packageName.describe('Composer name, such as northwind/module-search')

/** Of one purchase, so also of a cart. */
export const MOST_PACKAGES = 20

export const orgArgument = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Slug or id; default: the active org')

export const idempotencyKey = z
  .string()
  .min(8, '8 to 128 printable characters without spaces')
  .max(128, '8 to 128 printable characters without spaces')
  .refine(matches(/^[\x21-\x7e]*$/), '8 to 128 printable characters without spaces')
  .describe('One per intended action, the same for every retry')

const MOMENT = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** `Date` would read 31 February as 3 March. */
function isMoment(text: string): boolean {
  const day = MOMENT.exec(text)?.[1]
  if (!day || Number.isNaN(Date.parse(text)) || Number.isNaN(Date.parse(day))) return false
  return new Date(day).toISOString().startsWith(day)
}

/** A day in UTC, or a time with its zone. `new Date` reads both. */
export const moment = z
  .string()
  .max(40)
  .refine(isMoment, 'an ISO 8601 date, or a time with its zone, such as 2026-11-29T10:00:00Z')

export const projectRef = z.string().min(1).max(64).describe('Id or slug of a project')

/**
 * No line ends and no control characters, also none that turn the direction of a text. Persian words and emoji need the
 * joiners U+200C and U+200D.
 */
export const isOneLine = (text: string): boolean => !/(?![\u200C\u200D])[\p{C}\p{Zl}\p{Zp}]/u.test(text)
/** A longer text is no name, also when NFC joins its letters and accents. Other rules take long for a long text. */
export const LONGEST_TEXT = 1_000
const name = z
  .string()
  .trim()
  .min(1)
  // the other rules take long for a long text
  .max(100, { abort: true })
  .refine(
    (text) => isOneLine(text) && /[^\u200C\u200D]/.test(text),
    'one line of text without control characters',
  )
/** Of a project that has it already: a stored name may mix alphabets. */
export const anyProjectName = name
export const projectName = name.refine(
  (text) => !mixesAlphabets(text),
  'no word with letters of two alphabets, such as Latin and Cyrillic',
)
export const tokenLabel = name.describe("Such as production; default: the client's name")
export const productionDomain = z
  .string()
  .max(253)
  .refine(matches(HOST_NAME), 'a host name in lower case')
  .describe('Such as shop.example')

export const currencyCode = z
  .string()
  .max(3)
  .refine(matches(/^[A-Z]{3}$/), 'an ISO 4217 code in capitals, such as EUR')

/** Money in a client response. A published schema has its shape once, under this id. */
export const money = z
  .looseObject({
    amount_minor: z.int().describe('In minor units'),
    currency: z.string(),
    text: z.string(),
  })
  .meta({ id: 'money' })

export const shownMoney = (amount: Money) => ({
  amount_minor: amount.amountMinor,
  currency: amount.currency,
  text: moneyText(amount),
})

/** Composer's `auth.json`: https://getcomposer.org/doc/articles/authentication-for-private-packages.md#http-basic */
export const authJson = z.looseObject({
  'http-basic': z.record(z.string(), z.looseObject({ username: z.string(), password: z.string() })),
})

/** Whether keys are in the answer, which is the default, or behind a single-use link. */
export const credentials = z
  .enum(['inline', 'pickup'])
  .optional()
  .describe('pickup: a one-time link instead of keys')

export type Credentials = z.output<typeof credentials>

/** The canonical form leaves out the default, so that requests from before this parameter existed stay the same. */
export const canonicalCredentials = (wanted: Credentials) => (wanted === 'pickup' ? wanted : undefined)

/** Where to fetch `auth.json` once, and the commands for it. */
export const pickup = z.looseObject({
  url: z.url(),
  expires_at: z.string(),
  commands: z.array(z.string()).describe('First fetches auth.json, then checks it'),
})

export const composerRepository = z.looseObject({ type: z.literal('composer'), url: z.url() })
