import { CodedError } from '#kernel/errors'

/** What is wrong with a file. `params.fault` of the refusal. */
export type FileFault = 'not_json' | 'no_object' | 'too_long' | 'too_deep' | 'too_many' | 'not_a_list'

const SENTENCES: Record<FileFault, string> = {
  not_json: 'is no JSON',
  no_object: 'is no JSON object',
  too_long: 'is too long',
  too_deep: 'is nested too deep',
  too_many: 'names too many packages',
  not_a_list: 'has a line that is no name with a version',
}

/** The fault when several files are too large together. */
const TOGETHER = 'together name too many packages'

export class ComposerFileUnreadable extends CodedError<'composer_file_unreadable'> {
  /** `files`: by the names of their input fields. `place`: where in the file, such as `line 3` or `entry 3`. */
  constructor(files: string | readonly string[], fault: FileFault, place?: string) {
    const [field = '', ...others] = [files].flat()
    const said = others.length ? TOGETHER : `${SENTENCES[fault]}${place ? ` (${place})` : ''}`
    const fact = `${[field, ...others].join(' and ')} ${said}.`
    super('invalid', 'composer_file_unreadable', fact, { field, params: { fault } })
  }
}
