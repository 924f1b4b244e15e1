import {
  askButton,
  askWhatNext,
  badge,
  buttons,
  code,
  el,
  facts,
  heading,
  notice,
  openButton,
  refusal,
  show,
  timeText,
} from './elements.js'
import { connect } from './host.js'
import { follow, isOpen } from './progress.js'
import { quoteElements } from './quote.js'
import { resultElements } from './results.js'

const TITLES = {
  purchase_and_install_package: 'Purchase',
  checkout_cart: 'Purchase of the cart',
  publish_package: 'Publication',
  sync_package: 'Look for new versions',
  bootstrap_vendor: 'New vendor',
  start_git_integration: 'Access to a Git host',
  start_add_payment_method: 'New card',
}

const STATUSES = {
  running: ['Running', 'info'],
  waiting_for_you: ['Waits for you', 'warn'],
  completed: ['Done', 'good'],
  failed: ['Failed', 'bad'],
  cancelled: ['Cancelled', 'info'],
}

const REASONS = {
  authentication: 'Your bank wants you to confirm the payment',
  payment_method: 'A card is needed',
  git_consent: 'Your Git host wants you to allow the access',
}

/** The elements of an operation in its present state. */
function operationElements(operation) {
  const { story, org, status, operation_id: id, result, error } = operation
  if (result?.quote) return quoteElements(result, org)
  const [words, tone] = result?.refused?.length
    ? ['Partly done', 'warn']
    : (STATUSES[status] ?? [status, 'info'])
  return [
    heading(`${TITLES[story] ?? 'Operation'} for ${org}`, badge(words, tone)),
    ...(id || status !== 'completed'
      ? []
      : [el('p', { class: 'about' }, 'Nothing was done: this is a dry run.')]),
    ...stateElements(operation),
    ...(result ? resultElements(result) : []),
    error && notice('bad', error.message, askWhatNext()),
    id && facts([['Operation', code(id)]]),
    id && nextButtons(operation),
  ]
}

function stateElements({ status, progress, next_action: next }) {
  if (status === 'running')
    return [
      el('p', { role: 'status' }, progress ?? 'It is running.'),
      el('div', { class: 'bar', role: 'progressbar', 'aria-label': 'It is running' }),
    ]
  if (status !== 'waiting_for_you') return []
  if (!next?.url) return [el('p', { role: 'status' }, progress ?? 'It waits for you.')]
  return [
    notice(
      'warn',
      REASONS[next.reason] ?? 'It needs you to go on',
      facts([
        ['Amount', next.amount?.text],
        ['Vendor', next.vendor],
        [
          'Paid already',
          next.already_paid?.map(({ vendor, amount }) => `${amount.text} to ${vendor}`).join(', '),
        ],
        ['Sign in as', next.sign_in_as],
        ['Until', next.expires_at && timeText(next.expires_at)],
      ]),
    ),
  ]
}

function nextButtons({ operation_id: id, status, next_action: next, result }) {
  if (status === 'waiting_for_you' && next?.url)
    return buttons(
      openButton('Open the page', next.url),
      askButton('I am done there', `I am back from the page of operation ${id}. How far is it?`),
    )
  if (isOpen({ status })) return buttons(askButton('Ask how far it is', `How far is operation ${id}?`))
  if (status === 'completed' && !result)
    return buttons(askButton('Ask for the result', `Operation ${id} is done. Show me the result.`))
  return undefined
}

/** A row of the list of operations, as far as it says more than what is shown. */
const withNews = (operation, { status, progress, url, waiting_for, amount, code: why }) => ({
  ...operation,
  status,
  progress,
  next_action: url ? { url, reason: waiting_for, amount } : undefined,
  ...(why && { error: { message: `It failed: ${why}.` } }),
})

await connect({
  name: 'operation',
  onResult(answer) {
    const { structuredContent: operation } = answer
    if (!operation?.status) return show(refusal(answer))
    show(operationElements(operation))
    if (!operation.operation_id || !isOpen(operation)) return undefined
    return follow(operation, (row) => show(operationElements(withNews(operation, row))))
  },
  onCancelled: () =>
    show(refusal({ content: [{ text: 'The call was cancelled. What it started goes on.' }] })),
})
