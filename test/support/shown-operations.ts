import { nextStepAfterPurchase, shownFailure } from '../../src/mcp/operations/next-steps.ts'
import { PUBLIC_URL } from './mcp.ts'
import type { Called } from './mcp-clients.ts'

/** An answer of a tool, as a host gives it to a view. */
export const answerOf = (structuredContent: object): Called =>
  ({ content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }) as Called

/** The answer of a tool about an operation. */
export const anOperation = (state: object): Called =>
  answerOf({ operation_id: 'op_01', story: 'purchase_and_install_package', org: 'acme-retail', ...state })

const MONEY = { amount_minor: 4900, currency: 'EUR', text: '49.00 EUR' }
const PURCHASED = {
  order_id: 'ord_01',
  total: MONEY,
  project: 'prj_01',
  licences: [
    {
      id: 'lic_01',
      package: 'northwind/module-search',
      edition: 'open-source',
      outcome: 'bought',
      activated: true,
    },
    {
      id: 'lic_02',
      package: 'northwind/suite',
      edition: 'open-source',
      outcome: 'renewed',
      activated: true,
      valid_until: '2027-11-29T00:00:00Z',
    },
  ],
  refused: [
    {
      vendor: 'globex',
      packages: ['globex/module-x'],
      code: 'card_declined',
      message: 'The card was declined.',
    },
  ],
}
/** What an operation may look like. Each next step is what the model gets. */
export const OPERATION_STATES = {
  running: { status: 'running', progress: 'Charging 2 of 3 vendors.', poll_after_ms: 2000 },
  waiting: {
    status: 'waiting_for_you',
    next_action: {
      type: 'open_url',
      url: `${PUBLIC_URL}/o/abc`,
      reason: 'authentication',
      expires_at: '2026-12-01T10:00:00Z',
      sign_in_as: 'buyer@example.test',
      amount: MONEY,
      vendor: 'northwind',
      already_paid: [{ vendor: 'globex', amount: MONEY }],
    },
  },
  completed: {
    status: 'completed',
    result: {
      ...PURCHASED,
      auth_json: {
        'http-basic': { 'market.example': { username: 'ppk_public', password: 'the-secret-key' } },
      },
      next_step: nextStepAfterPurchase(PURCHASED),
    },
  },
  failed: {
    status: 'failed',
    error: shownFailure({
      code: 'card_declined',
      message: 'The card was declined; nothing was charged.',
    }),
  },
  cancelled: { status: 'cancelled' },
  published: {
    story: 'publish_package',
    status: 'completed',
    result: {
      repositories: [
        {
          repository: 'https://git.example/a/b',
          outcome: 'published',
          package: 'acme-retail/b',
          versions: [{ version: '1.0.0' }, { version: '1.1.0' }],
          skipped: [{ tag: 'nightly', reason: 'not_a_version', message: 'The tag is no version.' }],
        },
        {
          repository: 'https://git.example/a/c',
          outcome: 'refused',
          error: { code: 'no_manifest', message: 'It has no composer.json.' },
        },
      ],
    },
  },
}

/** A quote with every reason not to buy. */
export const A_DOUBTFUL_QUOTE = {
  org: 'acme-retail',
  quote: 'quo_01',
  expires_at: '2026-12-01T10:00:00Z',
  total: MONEY,
  card: 'none',
  lines: [
    {
      package: 'northwind/suite',
      edition: 'commerce',
      other_than: 'open-source',
      model: 'yearly',
      action: 'renew',
      price: MONEY,
      valid_until: '2027-11-29T00:00:00Z',
    },
    {
      package: 'northwind/part',
      edition: 'open-source',
      model: 'one_time',
      action: 'covered',
      through: 'northwind/suite',
      price: MONEY,
    },
  ],
  also_needs: [{ package: 'northwind/base', required_by: 'northwind/suite', price: MONEY }],
  spending: {
    left: MONEY,
    refused: {
      code: 'spending_limit_reached',
      message: 'The purchase is above the limit of this connection.',
      next_step: 'Ask the user.',
    },
  },
}
