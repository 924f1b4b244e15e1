/** Who sells: the operator of the platform, as its invoices name it. */
export interface Seller {
  name: string
  /** Lines, with the country. */
  address: readonly string[]
  vatId?: string | undefined
}
