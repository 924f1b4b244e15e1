import { describe, expect, test } from 'vitest'
import { readBuild, readIngestConfig, readQueues } from '#platform/config'

describe('a worker', () => {
  const INGEST = {
    DATABASE_URL: 'postgres://packagento@127.0.0.1/packagento',
    STORAGE_DIR: '/var/lib/packagento',
    SECRETS_KEY: Buffer.alloc(32).toString('base64'),
  }

  test('a worker works on all queues unless some are named', () => {
    expect(readQueues({})).toEqual(['payments', 'git-ingest'])
    expect(readQueues({ WORKER_QUEUES: 'git-ingest' })).toEqual(['git-ingest'])
    expect(() => readQueues({ WORKER_QUEUES: 'webhooks' })).toThrow('WORKER_QUEUES has to be one or more of')
    expect(() => readQueues({ WORKER_QUEUES: ' , ' })).toThrow('WORKER_QUEUES has to be one or more of')
  })

  test('a worker that only ingests needs no key of Stripe, and does not start with one', () => {
    expect(readIngestConfig({ ...INGEST, STRIPE_SECRET_KEY: '' })).toMatchObject(INGEST)
    expect(() => readIngestConfig({ ...INGEST, STRIPE_SECRET_KEY: 'sk_test_1' })).toThrow(
      'STRIPE_SECRET_KEY must not be set for a worker of git-ingest only.',
    )
  })

  test('a worker has a version only when its build is named, and set-current-version needs that name', () => {
    expect(readIngestConfig({ ...INGEST, BUILD_ID: '' })).not.toHaveProperty('BUILD_ID')
    expect(readIngestConfig({ ...INGEST, BUILD_ID: 'v1.2' })).toMatchObject({ BUILD_ID: 'v1.2' })
    expect(readBuild({ BUILD_ID: 'v1.2' })).toMatchObject({ DEPLOYMENT: 'sandbox', BUILD_ID: 'v1.2' })
    expect(() => readBuild({})).toThrow('BUILD_ID has to be set: the name of the code that a worker runs.')
    expect(() => readBuild({ BUILD_ID: 'a:b' })).toThrow('BUILD_ID has to be 1 to 60 letters')
  })
})
