/** Markup that is safe to send. Only `html` and `markdown` make it. */
export interface Html {
  readonly markup: string
}

type Part = Html | string | number | undefined | false | readonly Html[]

/** A template that escapes its values, except for results of `html`. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: texts.reduce((all, text, i) => all + shown(parts[i - 1]) + text) }
}

function shown(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part))
  if ('markup' in part) return part.markup
  return part.map(({ markup }) => markup).join('')
}

const escape = (text: string) => text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
