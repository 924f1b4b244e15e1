import { html, type Html } from '../html.ts'
import { icon } from '../style/icons.ts'

export interface Step {
  name: string
  state: 'done' | 'current' | 'failed' | 'later'
  /** When the step was done, or until when it waits. */
  time?: Html | undefined
  /** What the step waits for, or why it failed. */
  about?: Html | string | undefined
}

const WORDS = { done: 'done', current: 'now', failed: 'failed', later: 'not yet' } as const

/** The steps of something that takes longer than a page. */
export const stepper = (steps: readonly Step[]): Html =>
  html`<ol class="steps">
    ${steps.map(
      ({ name, state, time, about }) =>
        html`<li class="step-${state}" ${state === 'current' && html`aria-current="step"`}>
          <span class="dot" aria-hidden="true">
            ${state === 'done' && icon('check', 12)}${state === 'failed' && icon('cross', 12)}
          </span>
          <span class="step-name">
            <span>${name}<span class="visually-hidden"> (${WORDS[state]})</span></span>
            ${time && html`<span class="small">${time}</span>`}
          </span>
          ${about !== undefined && html`<span class="about">${about}</span>`}
        </li>`,
    )}
  </ol>`
