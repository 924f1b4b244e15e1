export const PACKAGES = '/account/vendor/packages'

export const pathOf = (id: string, ...more: readonly string[]): string => [PACKAGES, id, ...more].join('/')
