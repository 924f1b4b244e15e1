import { z } from 'zod'
import { moneyText } from './money.ts'
import type { Money } from './money.ts'

export const EDITIONS = ['open-source', 'commerce', 'commerce-cloud'] as const
export type Edition = (typeof EDITIONS)[number]
export const edition = z.enum(EDITIONS).describe('Magento edition')

export const packageName = z
  .string()
  .max(200)
  // Composer's own pattern backtracks without end in JavaScript: separators are not optional here
  .regex(/^[a-z0-9]+([_.-][a-z0-9]+)*\/[a-z0-9]+(([_.]|-{1,2})[a-z0-9]+)*$/, 'vendor/package in lower case')
  .describe('Composer name, such as northwind/module-search')

export const orgArgument = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Slug or id of the org; default: the active org')

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{8,128}$/, '8 to 128 printable characters without spaces')
  .describe('One per intended deed; reuse it for every retry')

export const projectRef = z.string().min(1).max(64).describe('Id or slug of a project')
export const projectName = z.string().trim().min(1).max(100)
export const productionDomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, 'a host name in lower case')

/** Money as callers see it. */
export const money = z.looseObject({
  amount_minor: z.int().describe('In minor units'),
  currency: z.string(),
  text: z.string(),
})

export const shownMoney = (amount: Money) => ({
  amount_minor: amount.amountMinor,
  currency: amount.currency,
  text: moneyText(amount),
})

/** `auth.json` of Composer: https://getcomposer.org/doc/articles/authentication-for-private-packages.md#http-basic */
export const authJson = z.looseObject({
  'http-basic': z.record(z.string(), z.looseObject({ username: z.string(), password: z.string() })),
})

export const composerRepository = z.looseObject({ type: z.literal('composer'), url: z.url() })
