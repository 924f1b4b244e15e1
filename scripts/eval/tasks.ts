import { linesOf, plainShop } from '../../test/support/composer-shops/index.ts'

/** An everyday task. `done`: what the answers show when it was reached, or handed to a person for a good reason. */
export interface Task {
  id: string
  /** The name in an e-mail address of the demo market. */
  as: string
  text: string
  done: RegExp
  /** Files that lie beside the assistant, by the name of the parameter that they fit. */
  files?: Readonly<Record<string, unknown>>
}

const SHOP = 'project staging-shop'
const FILES = plainShop()
const INSTALLED = linesOf(FILES)

/** In this order: some need what an earlier one did. */
export const TASKS: readonly Task[] = [
  ['overview', 'buyer', 'Show the dashboard of my account and orgs.', /"active_org"/],
  ['members', 'buyer', 'Who are the members of our org?', /"owner"/],
  ['search', 'buyer', 'Find packages in the shop: a search that forgives typing errors', /module-search/],
  [
    'search-need',
    'buyer',
    'Find packages in the shop: how many pieces are left in our warehouses',
    /module-stock/,
  ],
  ['search-theme', 'buyer', 'Find packages in the shop: we want an accessible and fast theme', /theme-plain/],
  ['search-magento', 'buyer', 'Find packages in the shop whose version works with 2.4.4', /older_works_with/],
  ['search-nothing', 'buyer', 'Find packages in the shop: fireworks', /"next_step"|northwind/],
  ['price', 'buyer', 'What are the prices of one package, northwind/module-stock?', /"amount_minor"/],
  ['versions', 'buyer', 'Which package versions are there of northwind/module-search?', /"1\.0\.1"/],
  [
    'why-402',
    'buyer',
    `Which package versions of northwind/module-stock may ${SHOP} install?`,
    /"next_step"/,
  ],
  ['dry-run', 'buyer', `Buy northwind/module-search for ${SHOP}, as a dry run`, /"quote"/],
  [
    'buy',
    'buyer',
    `Buy northwind/module-search for ${SHOP}, as a dry run; then buy northwind/module-search for ${SHOP} with that quote`,
    /"order_id"/,
  ],
  [
    'buy-new',
    'buyer',
    'Buy the package northwind/module-hello for a new project "Second shop"',
    /"auth_json"/,
  ],
  ['version-in-name', 'buyer', `Buy the package northwind/module-stock@^1.0 for ${SHOP}`, /"order_id"/],
  [
    'bad-quote',
    'buyer',
    `Buy the package northwind/theme-plain for ${SHOP} with quote quo_made_up`,
    /"error"/,
  ],
  ['licences', 'buyer', 'List the licences we own', /module-search/],
  ['free-slots', 'buyer', 'Which licences have only a free slot?', /"items":\[/],
  ['spent', 'buyer', 'Which orders did we place, and what is their sum?', /"sums"/],
  ['snippet', 'buyer', `Get the install snippet of ${SHOP}`, /"repository"/],
  ['set-up', 'buyer', 'Set up a project with the name "Third shop"', /"auth_json"/],
  ['rotate', 'buyer', `Rotate the project token of ${SHOP}`, /"replaces"/],
  ['free-a-slot', 'buyer', `Deactivate the licence of northwind/module-search on ${SHOP}`, /"free_slots"/],
  ['cart', 'buyer', 'Put northwind/suite into the cart; then show a quote of the cart', /"quote"/],
  [
    'card-needed',
    'nocard',
    'Buy the package northwind/module-search for a new project "No card"',
    /"open_url"/,
  ],
  [
    'declined',
    'declined',
    'Buy the package northwind/module-search for a new project "Declined"',
    /"card_declined"/,
  ],
  ['bank', 'threeds', 'Buy the package fabrikam/module-labels for a new project "Cards"', /"open_url"/],
  ['what-waits', 'threeds', 'List the operations with status waiting for you', /"url":"http/],
  [
    'shop-needs',
    'buyer',
    'What does this shop still need to buy?',
    /"state":"buy"/,
    { composer_json: FILES.composer_json },
  ],
  [
    'shop-of-a-project',
    'buyer',
    `What does the shop of ${SHOP} still need to buy?`,
    /"state":"covered"/,
    { composer_json: FILES.composer_json, installed: INSTALLED },
  ],
  ['invite', 'buyer', 'Invite a member with email dana@example.test and the role developer', /"invite"/],
  ['guest', 'buyer', `Share ${SHOP} with email gina@example.test and the role viewer`, /"share/],
  ['who-left', 'buyer', 'List the members of our org who left', /"next_step"/],
  ['may-not-buy', 'developer', `Buy the package northwind/suite for ${SHOP}`, /"add_to_cart|add_to_cart /],
  ['may-only-see', 'viewer', `Buy the package northwind/suite for ${SHOP}`, /"not_allowed"/],
  [
    'retitle',
    'vendor',
    'Change the title of the package fabrikam/module-labels to "Label Maker"',
    /"changed"/,
  ],
  [
    'publish',
    'vendor',
    'Publish the package of the repository https://github.com/northwind/new-module',
    /"error"/,
  ],
].map(([id, as, text, done, files]) => ({ id, as, text, done, files }) as Task)
