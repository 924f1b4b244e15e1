import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openZips } from '../../../src/api/composer/zips.ts'

const KIB = 1024

/** A storage of zeros; `opened` lists every read. */
function aStorageOf(sizes: Record<string, number>) {
  const opened: string[] = []
  const storage = {
    put: async () => {},
    async open(sha256: string) {
      const bytes = sizes[sha256]
      if (bytes === undefined) return undefined
      opened.push(sha256)
      return { stream: Readable.from([Buffer.alloc(bytes)]), bytes }
    },
  }
  return { zipOf: openZips(storage), opened }
}

test('a small zip is read from the storage once and sent whole each time', async () => {
  const { zipOf, opened } = aStorageOf({ small: 256 * KIB })

  const answers = [await zipOf('small'), await zipOf('small')]

  expect(answers).toEqual(Array(2).fill({ content: Buffer.alloc(256 * KIB), bytes: 256 * KIB }))
  expect(opened).toEqual(['small'])
})

test('a large zip is streamed from the storage each time', async () => {
  const { zipOf, opened } = aStorageOf({ large: 256 * KIB + 1 })

  for (let n = 0; n < 2; n++) {
    const { content, bytes } = (await zipOf('large')) ?? {}
    expect(content).toBeInstanceOf(Readable)
    expect(await buffer(content as Readable)).toHaveLength(bytes ?? 0)
  }

  expect(opened).toEqual(['large', 'large'])
})

test('no more than 32 MiB of zips are kept', async () => {
  const names = Array.from({ length: 129 }, (_, n) => `zip ${n}`)
  const { zipOf, opened } = aStorageOf(Object.fromEntries(names.map((name) => [name, 256 * KIB])))
  for (const name of names) await zipOf(name)
  opened.length = 0

  for (const name of [...names].reverse()) await zipOf(name)

  expect(opened).toEqual(['zip 0'])
})

test('a zip that is not in the storage is looked up again at the next request', async () => {
  const sizes: Record<string, number> = {}
  const { zipOf } = aStorageOf(sizes)
  expect(await zipOf('late')).toBeUndefined()

  sizes['late'] = 1

  expect(await zipOf('late')).toMatchObject({ bytes: 1 })
})
