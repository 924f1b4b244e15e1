import fs from 'node:fs'
import path from 'node:path'

/** As `temporal workflow show --output json` prints it. */
export interface History {
  events: HistoryEvent[]
}
export interface HistoryEvent {
  eventType: string
  /** Attributes by name; the name depends on the type of the event. */
  [attributes: string]: unknown
}

export interface Recorded {
  type: string
  /** The path that the run took, such as `card-declined`, and the patches of its code: `card-declined+checks-twice`. */
  branch: string
  history: History
}

/** The histories in `folder`, which has a folder for each workflow type. */
export const historiesIn = (folder: string): Recorded[] =>
  fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: type }) =>
      fs.readdirSync(path.join(folder, type)).map((file) => ({
        type,
        branch: path.basename(file, '.json'),
        history: JSON.parse(fs.readFileSync(path.join(folder, type, file), 'utf8')) as History,
      })),
    )

/** The names of all steps of a run. */
export const stepsIn = ({ events }: History): string[] =>
  events.flatMap(({ activityTaskScheduledEventAttributes: step }) => {
    const { activityType } = (step ?? {}) as { activityType?: { name: string } }
    return activityType ? [activityType.name] : []
  })

/** What follows `<story>/<operation>` in the workflow id: `/2` for the run that replaced a lost one. */
export function attemptIn({ events }: History): string {
  const [{ workflowExecutionStartedEventAttributes: started } = {}] = events as Partial<HistoryEvent>[]
  const { workflowId } = (started ?? {}) as { workflowId?: string }
  if (!workflowId) throw new Error('the history has no workflow id: record it again')
  return workflowId
    .split('/')
    .slice(2)
    .map((attempt) => `/${attempt}`)
    .join('')
}

/** The ids of the patches that the code of a run knew and took. */
export const patchesIn = ({ events }: History): string[] =>
  events.flatMap(({ markerRecordedEventAttributes: marker }) => {
    const { markerName, details } = (marker ?? {}) as Marker
    if (markerName !== 'core_patch') return []
    return (details?.['patch-data']?.payloads ?? []).map(
      ({ data }) => (JSON.parse(Buffer.from(data, 'base64').toString()) as { id: string }).id,
    )
  })

interface Marker {
  markerName?: string
  details?: Record<string, { payloads: { data: string }[] }>
}
