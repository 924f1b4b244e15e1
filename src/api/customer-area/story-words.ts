import type { StartedStory } from '#contracts/stories'
import type { Operation } from '#domain/operations'
import type { Permission } from '#domain/orgs'

/** What pages say about the operations of a story. */
export interface StoryWords {
  /** In a list, and as the title of a running one. */
  title: string
  done: string
  /** It was cancelled. */
  stopped: string
  /** The text of the button that cancels it. Undefined: its page has no such button. */
  stop?: string
  /** What a person has to be allowed to do to see it. */
  permission: Permission
  /** Where a person goes who started it in the browser. */
  back: { href: string; text: string }
}

const PURCHASE = {
  done: 'The purchase is complete.',
  stopped: 'It was stopped before anything was ordered; nothing was charged.',
  stop: 'Cancel this purchase',
  permission: 'buy',
  back: { href: '/account/licences', text: 'See the licences.' },
} as const
const PACKAGES = { href: '/account/vendor/packages', text: 'See your packages.' }

const STORIES: Readonly<Record<StartedStory['story'], StoryWords>> = {
  purchase_and_install_package: { title: 'A purchase', ...PURCHASE },
  checkout_cart: { title: 'The checkout of the cart', ...PURCHASE },
  start_add_payment_method: {
    title: 'Adding a card',
    done: 'The card is saved.',
    stopped: 'It was stopped; no card was saved, and nothing was charged.',
    permission: 'buy',
    back: { href: '/account/payment-methods', text: 'Go back to your payment methods.' },
  },
  start_git_integration: {
    title: 'Connecting a Git host',
    done: 'The Git host is connected.',
    stopped: 'It was stopped; nothing was connected.',
    permission: 'manage_git',
    back: { href: '/account/git', text: 'Go back to your Git hosts.' },
  },
  publish_package: {
    title: 'Publishing packages',
    done: 'The packages are published.',
    stopped: 'It was stopped; nothing was published.',
    stop: 'Stop publishing',
    permission: 'publish',
    back: PACKAGES,
  },
  bootstrap_vendor: {
    title: 'Becoming a vendor',
    done: 'The vendor is approved and can publish.',
    stopped: 'It was stopped; the application as a vendor and the access to the Git host stay as they are.',
    permission: 'manage_git',
    back: { href: '/account/vendor', text: 'See your vendors.' },
  },
  sync_package: {
    title: 'Looking for new versions',
    done: 'The tags were looked at.',
    stopped: 'It was stopped; the versions stay as they are.',
    permission: 'publish',
    back: PACKAGES,
  },
}

/** The operations that have a page. Others are over at once, and their tools and forms show the result. */
export const STORIES_WITH_PAGE = Object.keys(STORIES)

/** Undefined for an operation without a page. */
export const storyWords = ({ story }: Pick<Operation, 'story'>): StoryWords | undefined =>
  Object.hasOwn(STORIES, story) ? STORIES[story as StartedStory['story']] : undefined

export const titleOf = (operation: Pick<Operation, 'story'>): string =>
  storyWords(operation)?.title ?? 'An operation'

/** The stories that buy. */
export const PURCHASES: readonly string[] = ['checkout_cart', 'purchase_and_install_package'] satisfies Array<
  StartedStory['story']
>

export const isPurchase = ({ story }: Pick<Operation, 'story'>): boolean => PURCHASES.includes(story)
