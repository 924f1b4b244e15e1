// Gives each code block a button that copies it. Without JavaScript, one click selects the text.

function el(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** The message of the last copy: the clipboard holds one text. */
let last

async function copy(text, status) {
  last?.replaceChildren()
  last = status
  // a later copy may have begun meanwhile
  const say = (message) => last === status && status.replaceChildren(message)
  try {
    await navigator.clipboard.writeText(text)
    say('Copied')
  } catch {
    say('The browser did not allow it. Select the text and copy it.')
  }
}

function addButton(block) {
  const text = block.querySelector('code').textContent
  const about = block.querySelector('figcaption')?.textContent ?? text.slice(0, 60)
  const status = el('p', { role: 'status', class: 'copied' })
  const attributes = { type: 'button', class: 'quiet small', 'aria-label': `Copy: ${about}` }
  const button = el('button', attributes, 'Copy')
  button.addEventListener('click', () => void copy(text, status))
  block.querySelector('pre').before(button)
  block.append(status)
}

// a browser has no clipboard for a page without https, unless the page is on its own machine
if (navigator.clipboard) document.querySelectorAll('.code-block').forEach(addButton)
