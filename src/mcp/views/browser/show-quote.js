import { refusal, show } from './elements.js'
import { connect } from './host.js'
import { quoteElements } from './quote.js'

await connect({
  name: 'quote',
  onResult(result) {
    const { isError, structuredContent: quote } = result
    show(isError || !quote ? refusal(result) : quoteElements(quote, quote.org))
  },
  onCancelled: () => show(refusal({ content: [{ text: 'The quote was cancelled.' }] })),
})
