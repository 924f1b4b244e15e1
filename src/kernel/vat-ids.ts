/**
 * The forms of VAT numbers after their prefix, as VIES checks them
 * (https://ec.europa.eu/taxation_customs/vies/#/faq, question 11), and those of neighbours with their own prefix.
 */
const FORMS: Readonly<Record<string, RegExp>> = {
  AT: /^U\d{8}$/,
  BE: /^[01]\d{9}$/,
  BG: /^\d{9,10}$/,
  CY: /^\d{8}[A-Z]$/,
  CZ: /^\d{8,10}$/,
  DE: /^\d{9}$/,
  DK: /^\d{8}$/,
  EE: /^\d{9}$/,
  EL: /^\d{9}$/,
  ES: /^[A-Z0-9]\d{7}[A-Z0-9]$/,
  FI: /^\d{8}$/,
  FR: /^[A-HJ-NP-Z0-9]{2}\d{9}$/,
  HR: /^\d{11}$/,
  HU: /^\d{8}$/,
  IE: /^(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])$/,
  IT: /^\d{11}$/,
  LT: /^(\d{9}|\d{12})$/,
  LU: /^\d{8}$/,
  LV: /^\d{11}$/,
  MT: /^\d{8}$/,
  NL: /^[A-Z0-9+*]{10}\d{2}$/,
  PL: /^\d{10}$/,
  PT: /^\d{9}$/,
  RO: /^\d{2,10}$/,
  SE: /^\d{10}01$/,
  SI: /^\d{8}$/,
  SK: /^\d{10}$/,
  XI: /^(\d{9}(\d{3})?|GD\d{3}|HA\d{3})$/,
  GB: /^(\d{9}(\d{3})?|GD\d{3}|HA\d{3})$/,
  CHE: /^\d{9}(MWST|TVA|IVA)?$/,
}

/** Countries whose VAT numbers begin with other letters than their ISO code. */
const PREFIXES: Readonly<Record<string, string>> = { GR: 'EL', CH: 'CHE' }

/** Without spaces, dots and hyphens, in capitals. */
export const normalVatId = (text: string): string => text.replaceAll(/[\s.-]/g, '').toUpperCase()

/**
 * Whether a normal VAT number has a form that its prefix allows. A country without known forms, such as the US, takes any
 * tax number of 4 to 20 letters and digits, whatever it begins with. Without a country (`''`) the prefix decides. Nobody is
 * asked whether the number exists.
 */
export function isVatId(country: string, vatId: string): boolean {
  const hasForms = FORMS[vatPrefixOf(country)] !== undefined
  const prefix = Object.keys(FORMS).find((each) => vatId.startsWith(each))
  if (prefix && (hasForms || !country)) return FORMS[prefix]?.test(vatId.slice(prefix.length)) ?? false
  return !hasForms && /^[A-Z0-9]{4,20}$/.test(vatId)
}

/** The letters with which the VAT numbers of a country begin: `DE`, for Greece `EL`. */
export const vatPrefixOf = (country: string): string => PREFIXES[country] ?? country
