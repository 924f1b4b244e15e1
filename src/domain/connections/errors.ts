import { CodedError } from '#kernel/errors'

/** The request of an application to be connected has expired, was answered before, or belongs to another browser. */
export class ConnectRequestOver extends CodedError<'connect_request_over'> {
  constructor() {
    super('invalid', 'connect_request_over', 'This request to connect an application is over.')
  }
}
