// Each sentence has one kind of path that some file system would write elsewhere, or over another file.
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/u
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const WINDOWS_CHARACTER = /[<>:"|?*\\]/
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)/i
const WINDOWS_END = /[. ]$/
const GIT_FOLDER = /^(\.git|git~\d+)$/i

/**
 * Checks the paths of one archive, file by file. Returns what is wrong with a path, as the end of the sentence "The
 * archive has a path that …", or undefined.
 */
export function pathChecker(longest: number): (path: string) => string | undefined {
  const files = new Set<string>()
  /** The keys are the folded names of folders, the values their spelling in the first file. */
  const folders = new Map<string, string>()

  return (path) => faultOf(path, longest) ?? twinOf(path)

  function twinOf(path: string): string | undefined {
    const folded = fold(path)
    if (files.has(folded) || folders.has(folded)) return 'differs from another one only by case or form'
    files.add(folded)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      const first = folders.get(fold(folder))
      if (files.has(fold(folder)) || (first !== undefined && first !== folder))
        return 'differs from another one only by case or form'
      if (first === folder) return undefined
      folders.set(fold(folder), folder)
    }
    return undefined
  }
}

function faultOf(path: string, longest: number): string | undefined {
  if (Buffer.byteLength(path) > longest) return `is longer than ${longest} bytes`
  if (CONTROL.test(path)) return 'has invisible or invalid characters'
  if (path.startsWith('/')) return 'is absolute'
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'leads elsewhere'
  if (parts.some((part) => GIT_FOLDER.test(part))) return 'is one of Git itself'
  if (
    parts.some((part) => WINDOWS_CHARACTER.test(part) || WINDOWS_DEVICE.test(part) || WINDOWS_END.test(part))
  )
    return 'does not exist on Windows'
  return undefined
}

/** The same for all spellings that a file system without case or with Unicode normalization takes for one. */
const fold = (path: string) => path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
