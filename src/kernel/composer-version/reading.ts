// What differs between the Composers of today. composer/semver's changelog names its releases and their reasons.
import { END, MODIFIER } from './patterns.ts'

/** How a Composer reads versions and constraints. */
export interface Reading {
  /** A date as a version, with numbers behind it. */
  dates: RegExp
  /** A version with a stability, to which `<` and `>=` add no `-dev`. */
  suffix: RegExp
}

const dates = (numbers: string) =>
  new RegExp(String.raw`^v?(\d{4}(?:[.:-]?\d{2}){1,6}(?:[.:-]?\d{1,3})${numbers})${MODIFIER}${END}`, 'i')
const suffix = (modifier: string) => new RegExp(`-${modifier}${END}`, 'i')

/** As composer/semver 3.6, in Composer 2.11. */
export const NEWEST: Reading = { dates: dates('{0,2}'), suffix: suffix(MODIFIER) }

/**
 * As composer/semver 3.3. It refuses two numbers behind a date (https://github.com/composer/semver/pull/149, since
 * Composer 2.6), and overlooks RC in `>=1.0-RC1` (https://github.com/composer/semver/pull/187).
 */
export const COMPOSER_2_5: Reading = { dates: dates('?'), suffix: suffix(MODIFIER.replace('RC|', '')) }
