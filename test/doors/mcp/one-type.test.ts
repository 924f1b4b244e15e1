import { expect, test } from 'vitest'
import { oneTypeEach } from '../../../src/mcp/transport/one-type.ts'

const TEXT_OR_NULL = { type: ['string', 'null'] }
const EITHER = { anyOf: [{ type: 'string' }, { type: 'null' }] }

test.for([
  ['a schema with one type', { type: 'string', maxLength: 3 }, { type: 'string', maxLength: 3 }],
  ['two types', { ...TEXT_OR_NULL, description: 'A name' }, { ...EITHER, description: 'A name' }],
  ['a parameter', { properties: { a: TEXT_OR_NULL } }, { properties: { a: EITHER } }],
  ['an item', { type: 'array', items: TEXT_OR_NULL }, { type: 'array', items: EITHER }],
  ['an alternative', { anyOf: [TEXT_OR_NULL, { type: 'object' }] }, { anyOf: [EITHER, { type: 'object' }] }],
  ['other properties', { additionalProperties: TEXT_OR_NULL }, { additionalProperties: EITHER }],
  ['no other properties', { additionalProperties: false }, { additionalProperties: false }],
  ['a definition', { $defs: { a: TEXT_OR_NULL } }, { $defs: { a: EITHER } }],
  [
    'a parameter with the name type',
    { properties: { type: TEXT_OR_NULL } },
    { properties: { type: EITHER } },
  ],
  [
    'types with keywords of their own',
    {
      type: ['object', 'array', 'integer'],
      properties: { a: TEXT_OR_NULL },
      required: ['a'],
      items: TEXT_OR_NULL,
      maxItems: 3,
      minimum: 1,
      title: 'T',
    },
    {
      title: 'T',
      anyOf: [
        { type: 'object', properties: { a: EITHER }, required: ['a'] },
        { type: 'array', items: EITHER, maxItems: 3 },
        { type: 'integer', minimum: 1 },
      ],
    },
  ],
  [
    'alternatives beside types',
    { ...TEXT_OR_NULL, anyOf: [{ enum: ['a'] }, { enum: [null] }] },
    { anyOf: [{ enum: ['a'] }, { enum: [null] }], allOf: [EITHER] },
  ],
] as const)('%s has one type for each schema and loses nothing', ([, schema, expected]) => {
  expect(oneTypeEach(schema as unknown as Parameters<typeof oneTypeEach>[0])).toEqual(expected)
})
