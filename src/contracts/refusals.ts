/** The codes with which a story itself may end. All others come from the refusal of a step. */
export type StoryCode =
  | 'access_was_not_granted'
  | 'could_not_be_delivered'
  | 'internal_error'
  | 'operation_lost'
  | 'temporarily_unavailable'
  | 'undo_failed'
  | 'wait_expired'
