import { END, MODIFIER } from './patterns.ts'

const dated = (numbers: string) =>
  new RegExp(String.raw`^v?(\d{4}(?:[.:-]?\d{2}){1,6}(?:[.:-]?\d{1,3})${numbers})${MODIFIER}${END}`, 'i')

/** A date as a version, with up to two numbers behind it, such as `20230131.0.0`. */
export const DATED = dated('{0,2}')
/**
 * What Composer before 2.6 reads: at most one number behind the date. Composer 2.6 has composer/semver 3.4.0:
 * https://github.com/composer/semver/pull/149
 */
export const DATED_BEFORE_2_6 = dated('?')
