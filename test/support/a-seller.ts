import type { Seller } from '#kernel/seller'

export const A_SELLER: Seller = {
  name: 'Market Operations GmbH',
  address: ['Beispielweg 1', '10115 Berlin', 'Germany'],
  vatId: 'DE123456789',
}
