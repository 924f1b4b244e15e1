import { describe, expect, test } from 'vitest'
import { markdown, MARKDOWN_READ } from '../../src/api/customer-area/markdown.ts'

/** The whole vocabulary that a text may use. */
const TAG =
  /^<(?:\/?(?:div|h[2-6]|p|ul|ol|li|blockquote|pre|code|em|strong|s|hr|br|table|thead|tbody|tr|td|th)|\/(?:a|span|caption)|td class="number"|th scope="col"(?: class="number")?|ol start="\d+"|caption class="visually-hidden"|span class="small"|p class="small"|div class="(?:markdown|wide)"|div class="wide" role="region" aria-label="Table \d+" tabindex="0"|h[2-6] id="text-[^"<>\s]*"|a href="#text-[^"<>\s]*"|a href="(?:https?:\/\/|mailto:)[^"<>\s]*" rel="nofollow noopener")>$/

const shown = (text: string): string => {
  const { markup } = markdown(text)
  const strange = (markup.match(/<[^>]*>/g) ?? []).filter((tag) => !TAG.test(tag))
  expect(strange).toEqual([])
  return markup
    .replace(/^<div class="markdown">/, '')
    .replace(/<\/div>\s*$/, '')
    .trim()
}
const link = (href: string, text: string) => `<a href="${href}" rel="nofollow noopener">${text}</a>`
const PAGE = 'https://evil.example/'

describe('a README that wants to run something', () => {
  test.for([
    ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ['<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>'],
    ['<style>body{display:none}</style>', '<p>&lt;style&gt;body{display:none}&lt;/style&gt;</p>'],
    ['<!-- <b> -->', '<p>&lt;!-- &lt;b&gt; --&gt;</p>'],
    ['a <svg/onload=alert(1)> b', '<p>a &lt;svg/onload=alert(1)&gt; b</p>'],
    ['`<b onclick="x">`', '<p><code>&lt;b onclick=&quot;x&quot;&gt;</code></p>'],
    ['```"><script>\n</code><script>\n```', '<pre><code>&#60;/code&#62;&#60;script&#62;\n</code></pre>'],
    ['    <iframe src=//evil.example>', '<pre><code>&#60;iframe src=//evil.example&#62;\n</code></pre>'],
    ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
    ['[x](JaVaScRiPt&colon;alert(1))', '<p>[x](JaVaScRiPt:alert(1))</p>'],
    ['[x](java\u0000script:alert(1))', '<p>[x](javascript:alert(1))</p>'],
    ['<javascript:alert(1)>', '<p>&lt;javascript:alert(1)&gt;</p>'],
    ['[x](vbscript:y) [x](data:text/html,y)', '<p>[x](vbscript:y) [x](data:text/html,y)</p>'],
    ['[x](blob:https://a.example/1) [y](ftp://a.example) [z](cursor://a)', '<p>x y z</p>'],
    ['![x](data:image/svg+xml;base64,AAAA)', '<p>![x](data:image/svg+xml;base64,AAAA)</p>'],
    ['![x](data:image/png;base64,AAAA)', '<p>Image: x</p>'],
    ['[r]\n\n[r]: javascript:alert(1)', '<p>[r]</p>\n<p>[r]: javascript:alert(1)</p>'],
    [`[x](${PAGE}"onmouseover="alert(1))`, `<p>${link(`${PAGE}%22onmouseover=%22alert(1)`, 'x')}</p>`],
    [`[x](${PAGE} "title \\" onclick=x")`, `<p>${link(PAGE, 'x')}</p>`],
  ] as const)('the text %j is shown without any effect', ([text, html]) => {
    expect(shown(text)).toBe(html)
  })
})

describe('the links and images of a README', () => {
  test.for([
    [`[x](${PAGE}a?b=c&d)`, `<p>${link(`${PAGE}a?b=c&#38;d`, 'x')}</p>`],
    ['[x](http:evil.example)', `<p>${link('http://evil.example/', 'x')}</p>`],
    ['[x](//evil.example) [y](/\\evil.example)', '<p>x y</p>'],
    ['[x](docs/a.md) [y](/sign-out) [z](?q=1)', '<p>x y z</p>'],
    ['[x](https://market.example@evil.example/)', '<p>x</p>'],
    ['[x](mailto:a@b.example?bcc=c@d.example)', `<p>${link('mailto:a@b.example', 'x')}</p>`],
    ['[x](#main) [y](#text-main) [z](#%ff)', '<p>x y z</p>'],
    [`[x](${PAGE}${'a'.repeat(2_000)})`, '<p>x</p>'],
    [`![shot](${PAGE}a.png "t")`, `<p>${link(`${PAGE}a.png`, 'Image: shot')}</p>`],
    ['![](media/a.png)![shot](media/a.png)', '<p>Image: shot</p>'],
    [`![](${PAGE}a.png)`, `<p>${link(`${PAGE}a.png`, 'Image')}</p>`],
    [`[![build](https://ci.example/b.svg)](${PAGE})`, `<p>${link(PAGE, 'build')}</p>`],
    [`![a [b](${PAGE}) <i>](${PAGE})`, `<p>${link(PAGE, 'Image: a b &#60;i&#62;')}</p>`],
    ['see https://a.example/b.', `<p>see ${link('https://a.example/b', 'https://a.example/b')}.</p>`],
    ['www.a.example, a.example, a@b.example', '<p>www.a.example, a.example, a@b.example</p>'],
  ] as const)('the text %j is shown with safe links only', ([text, html]) => {
    expect(shown(text)).toBe(html)
  })

  test.for([
    [`[https://bank.example](${PAGE})`, 'evil.example'],
    [`[bank.example/login](${PAGE})`, 'evil.example'],
    [`[evil.example.bank.example](${PAGE})`, 'evil.example'],
    [`[https://bank.example/evil.example](${PAGE})`, 'evil.example'],
    [`[bank.\u200dexample](${PAGE})`, 'evil.example'],
    [`[ba\u034fnk.\ufe0f\u3164example/a](${PAGE})`, 'evil.example'],
    [`[evil.\u200cexample.bank.example](${PAGE})`, 'evil.example'],
    ['https://b\u0430nk.example', 'xn--bnk-6cd.example'],
  ] as const)('the link %j, which looks like another address, names its host', ([text, host]) => {
    expect(shown(text)).toContain(`</a> <span class="small">(${host})</span>`)
  })

  test.for([
    `[1.2.0](${PAGE})`,
    `[evil.example/a](${PAGE}a)`,
    `[${PAGE}](${PAGE})`,
    `[Read me](${PAGE})`,
    `[evil.\u200dexample](${PAGE})`,
  ])('the link %j does not name its host again', (text) => {
    expect(shown(text)).not.toContain('<span')
  })
})

describe('the headings of a README', () => {
  test('headings begin below those of the page, in steps of one level', () => {
    expect(shown('# A\n### B\n##### C\n## D\nE\n=\n###### F').match(/<h\d/g)).toEqual([
      '<h3',
      '<h4',
      '<h5',
      '<h4',
      '<h3',
      '<h4',
    ])
  })

  test('no heading is deeper than the sixth level', () => {
    expect(shown('# A\n## B\n### C\n#### D\n##### E\n###### F')).toContain('<h6 id="text-f">F</h6>')
  })

  test('links lead to headings by the names that Git hosts give them, and no id occurs twice', () => {
    const text =
      '# Set `up` (2.4)\n# Set up 24\n# set-up-24-1\n# Über *uns*\n[a](#set-up-24-1) [b](#%C3%BCber-uns)'
    const ids = shown(text).match(/id="[^"]+"/g)

    expect(new Set(ids).size).toBe(4)
    expect(shown(text)).toContain('<a href="#text-set-up-24-1">a</a> <a href="#text-über-uns">b</a>')
  })

  test('an id of the page cannot be taken by a heading', () => {
    expect(shown('# main')).toBe('<h3 id="text-main">main</h3>')
    expect(shown('# "><script>')).toBe('<h3 id="text-script">&quot;&gt;&lt;script&gt;</h3>')
  })
})

describe('a README with odd characters', () => {
  test('bidi overrides, tags, zero-width and control characters are left out', () => {
    expect(shown('a\u202eb\u2066c\u{e0041}d\u200be\u0000f\u001bg\ufeffh\ud800i')).toBe('<p>abcdefghi</p>')
  })

  test('emoji with joiners, Persian and accents stay as they are', () => {
    const text = '👩‍👧 می‌خواهم é'
    expect(shown(text)).toBe(`<p>${text}</p>`)
  })

  test('a table is aligned by a class and has a name, and old line ends are read', () => {
    expect(shown('|a|b|\r\n|-:|:-:|\r\n|1|2|').replaceAll('\n', '')).toBe(
      '<div class="wide" role="region" aria-label="Table 1" tabindex="0"><table>' +
        '<caption class="visually-hidden">Table 1</caption><thead><tr>' +
        '<th scope="col" class="number">a</th><th scope="col">b</th></tr></thead>' +
        '<tbody><tr><td class="number">1</td><td>2</td></tr></tbody></table></div>',
    )
  })
})

describe('a README that wants to use up the server', () => {
  const long = (part: string) => part.repeat(Math.ceil((1024 * 1024) / part.length))

  test('a text of 10 MB is cut at a line, and the page says so', () => {
    const { markup } = markdown(`first\n${'x'.repeat(99)}\n`.repeat(100_000))

    expect(markup).toContain('This is only the beginning')
    expect(markup.length).toBeLessThan(2 * MARKDOWN_READ)
    expect(markdown('x'.repeat(MARKDOWN_READ)).markup).not.toContain('beginning')
  })

  test.for([
    '[',
    '![',
    '[a](',
    '[a](b "',
    '![a](<b',
    '<a:',
    '<!--',
    '*a ',
    '**a *',
    'a**b',
    '_a __a ',
    '~~a ',
    '`',
    '> ',
    '- ',
    '> - ',
    '1. ',
    '# a\n',
    'a\n=\n',
    '|a',
    '|',
    '&#x10ffff;',
    '[a]: b "',
    '[a]: /x\n',
    '[a][b]',
    'http://a.b/',
    'http://(',
    'mailto:a@',
    '\\"',
    '```\n',
    '\t',
    '*_`~[!<&>|',
    '\u202e',
    '[^1]',
    'a  \n',
    '*[a](b)* [',
  ])('1 MB of %j is rendered in less than a second of CPU time', (part) => {
    const since = process.cpuUsage()
    const { markup } = markdown(long(part))

    const { user, system } = process.cpuUsage(since)
    expect((user + system) / 1e6).toBeLessThan(1)
    expect(markup.length).toBeLessThan(600 * 1024)
  })

  test('a table with thousands of empty cells, and one address that is named thousands of times, stay small', () => {
    const cells = `${'|a'.repeat(8_000)}\n${'|-'.repeat(8_000)}\n${'|x\n'.repeat(9_000)}`
    const names = `[a]: https://a.example/${'b'.repeat(1_900)}\n\n${'[a] '.repeat(15_000)}`

    expect(markdown(cells).markup.length).toBeLessThan(600 * 1024)
    const { markup } = markdown(names)
    expect(markup.length).toBeLessThan(600 * 1024)
    expect(markup).toContain('<a href="https://a.example/')
  })

  test('quotes and lists that are nested thousands of times are cut at 20 levels', () => {
    expect(shown(`${'> '.repeat(5_000)}a`).match(/<blockquote>/g)?.length).toBeLessThanOrEqual(20)
  })
})
