import { CodedError } from '#kernel/errors'
import { MAGENTO_LINES } from '#kernel/magento'

export class MagentoVersionUnknown extends CodedError<'magento_version_unknown'> {
  constructor(given: string) {
    const isShown = /^[\w.-]{1,20}$/.test(given)
    const fact = `${isShown ? `Magento ${given}` : 'This version of Magento'} is not known here.`
    super('invalid', 'magento_version_unknown', fact, {
      field: 'works_with',
      params: { lines: MAGENTO_LINES },
    })
  }
}
