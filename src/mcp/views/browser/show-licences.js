import {
  askButton,
  askWhatNext,
  badge,
  buttons,
  dateText,
  daysUntil,
  el,
  heading,
  named,
  notice,
  refusal,
  show,
  table,
} from './elements.js'
import { connect } from './host.js'

const SOON_DAYS = 60

function licencesElements({ org, items, next_cursor: more, next_step: next }) {
  if (!items)
    return [
      heading(`Licences of ${org}`),
      notice('info', 'The licences were asked for as CSV, which your assistant has.'),
    ]
  if (!items.length)
    return [
      heading(`Licences of ${org}`),
      notice('info', 'There is no licence to show.', next && askWhatNext()),
    ]
  return [
    heading(`Licences of ${org}`, badge(`${items.length}${more ? ' or more' : ''}`)),
    table('Licences', ['Package', 'Status'], items.map(rowOf)),
    more && el('p', { class: 'about' }, 'There are more: ask your assistant for the next page.'),
    buttons(
      askButton(
        'Ask what ends soon',
        `Which licences of ${org} end soon, and what would a renewal cost? Buy nothing.`,
      ),
    ),
  ]
}

function rowOf({ package: name, status, valid_until, free_slots: free, projects = [] }) {
  const where = projects.length ? `On ${projects.join(', ')}` : 'On no project'
  const slots = free > 0 && `${free} free ${free === 1 ? 'slot' : 'slots'}`
  return [
    el('span', {}, ...named(name, where, slots)),
    el('span', {}, statusOf(status, valid_until), endOf(valid_until)),
  ]
}

function statusOf(status, until) {
  if (status !== 'active') return badge(capitalised(status), 'bad')
  if (until === undefined) return badge('Active', 'good')
  const days = daysUntil(until)
  if (days <= 0) return badge('Ended', 'bad')
  return days <= SOON_DAYS
    ? badge(`Ends in ${days} ${days === 1 ? 'day' : 'days'}`, 'warn')
    : badge('Active', 'good')
}

const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1)

const endOf = (until) =>
  el('span', { class: 'about' }, until === undefined ? 'No end' : `Until ${dateText(until)}`)

await connect({
  name: 'licences',
  onResult(answer) {
    const { isError, structuredContent: list } = answer
    show(isError || !list ? refusal(answer) : licencesElements(list))
  },
  onCancelled: () => show(refusal({ content: [{ text: 'The list was cancelled.' }] })),
})
