import type { Tool } from '../call/tool.ts'
import { LICENCES, OPERATION, QUOTE, type View } from './view.ts'

/** The views of tools whose kind does not decide it. */
const OF_ONE_TOOL: Readonly<Record<string, View>> = { list_licences: LICENCES, quote_cart: QUOTE }

const viewOf = ({ name, kind }: Tool): View | undefined =>
  kind === 'story' || kind === 'operation' ? OPERATION : OF_ONE_TOOL[name]

/**
 * What a host that shows views needs to know of a tool: its view, and whether only the model may call it. A page in a
 * conversation only reads, so a host has to refuse every other call of a view.
 */
export function uiMetaOf(tool: Tool): { ui: Record<string, unknown> } | undefined {
  const shown = viewOf(tool)
  const isForTheModel = !tool.hints.readOnly
  if (!shown && !isForTheModel) return undefined
  return {
    ui: {
      ...(shown && { resourceUri: shown.uri }),
      ...(isForTheModel && { visibility: ['model'] }),
    },
  }
}
