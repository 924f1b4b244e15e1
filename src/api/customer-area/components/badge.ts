import { html, type Html } from '../html.ts'
import type { Tone } from './notice.ts'

/** A status in one or two words, with a colour that repeats what the words say. */
export const badge = (text: string, tone: Tone = 'info'): Html =>
  html`<span class="badge ${tone}">${text}</span>`
