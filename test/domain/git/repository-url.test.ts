import { expect, test } from 'vitest'
import { readRepositoryUrl } from '../../../src/domain/git/repository-url.ts'

const HOSTS = [
  { host: 'git.example', origin: 'https://git.example' },
  { host: '127.0.0.1:3123', origin: 'http://127.0.0.1:3123' },
]

test.for([
  ['https://git.example/acme/module-search.git', 'https://git.example/acme/module-search'],
  ['http://git.example/acme/module-search', 'https://git.example/acme/module-search'],
  ['git@git.example:acme/module-search.git', 'https://git.example/acme/module-search'],
  ['ssh://git@git.example/acme/module-search', 'https://git.example/acme/module-search'],
  ['http://127.0.0.1:3123/acme/module-search', 'http://127.0.0.1:3123/acme/module-search'],
  ['https://127.0.0.1:3123/acme/module-search', 'http://127.0.0.1:3123/acme/module-search'],
])('the URL of the repository %s has the scheme of its configured host: %s', ([written, url]) => {
  expect(readRepositoryUrl(written ?? '', HOSTS).url).toBe(url)
})
