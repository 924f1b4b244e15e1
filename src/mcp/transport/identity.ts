import type { Implementation } from '@modelcontextprotocol/server'

export type Icons = NonNullable<Implementation['icons']>

/** Our mark. As data, because a client may load nothing from a server, and never by http. */
export const iconsOf = ({ mark }: { mark: string }): Icons => [
  {
    src: `data:image/svg+xml;base64,${Buffer.from(mark).toString('base64')}`,
    mimeType: 'image/svg+xml',
    sizes: ['any'],
  },
]

interface Who {
  version: string
  publicUrl: string
  icons: Icons
}

/**
 * Who we are. The protocol sends it with every result, so it is short unless a client asks who we are.
 */
export const identityOf = ({ version, publicUrl, icons }: Who, isAsked: boolean): Implementation => ({
  name: 'packagento',
  title: 'Packagento',
  version,
  ...(isAsked && {
    description: 'Composer packages for Magento: find, buy, install and publish them.',
    websiteUrl: publicUrl,
    icons,
  }),
})
