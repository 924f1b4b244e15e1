import { expect, test } from 'vitest'
import { isAllowedOrigin, isOriginRule } from '#platform/allowed-origins'

test('ALLOWED_ORIGINS takes an origin, every port of a host, or every host of a scheme', () => {
  const rules = ['https://one.example', 'https://two.example:8443', 'three.example', 'vscode-webview://*']
  const pages = [
    'https://one.example',
    'https://two.example:8443',
    'http://three.example:80',
    'vscode-webview://x',
  ]
  const others = [
    'https://one.example:8443',
    'http://one.example',
    'https://two.example',
    'https://x.three.example',
  ]

  expect([...pages, ...others, 'null', ''].filter((origin) => isAllowedOrigin(origin, rules))).toEqual(pages)
  expect(
    [...rules, '[::1]', 'three.example:80', 'https://*', '*', 'https://one.example/'].filter(isOriginRule),
  ).toEqual([...rules, '[::1]'])
})
