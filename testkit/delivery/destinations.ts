import type { Destination, Verdict } from '../../src/delivery/destination';

/** A made-up destination that gets the payloads of each delivery. */
export function destinationOf(
  deliver: (payloads: readonly string[], signal: AbortSignal) => Verdict | Promise<Verdict>,
  more: Partial<Destination> = {},
): Destination {
  return {
    name: 'The other side',
    unit: 'record',
    patienceMs: 10_000,
    deliver: async (records, signal) =>
      await deliver(
        records.map(({ payload }) => payload),
        signal,
      ),
    close: () => undefined,
    ...more,
  };
}
