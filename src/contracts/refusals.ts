/** What a story itself may end with; all else is a refusal of one of its steps. */
export type StoryCode =
  'could_not_be_delivered' | 'internal_error' | 'temporarily_unavailable' | 'undo_failed' | 'wait_expired'
