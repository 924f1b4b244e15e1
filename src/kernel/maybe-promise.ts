/**
 * A value, or a promise of it. On a hot path, returning an available value without a promise saves the cost of the
 * promise.
 */
export type MaybePromise<T> = T | Promise<T>

/** Calls `use` with the value: now when it is there, else when the promise is fulfilled. */
export const chain = <T, Next>(
  value: MaybePromise<T>,
  use: (value: T) => MaybePromise<Next>,
): MaybePromise<Next> => (value instanceof Promise ? value.then(use) : use(value))
