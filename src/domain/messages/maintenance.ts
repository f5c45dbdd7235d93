import { Pm500Error } from '../../support/errors';
import { Expect, isRecord } from '../../support/expect';

/** What a message asks of the maintenance window of a meter. */
export interface MaintenanceRequest {
  /** How long it stays open; undefined: close it. */
  readonly durationMs: number | undefined;
  /** Name of the meter; undefined: the only one. */
  readonly meter: string | undefined;
}

/** As long as the arbiter allows. */
const LONGEST_MINUTES = 60;
const expect = new Expect('MESSAGE_INVALID', 'send {"maintenance": {"minutes": 10}} or {"maintenance": false}.');

/**
 * The request that a message makes: `{maintenance: {minutes: 10}}` opens a window, `{maintenance: false}` closes it;
 * `meter` beside it names one of several. Any other payload is no such request: undefined.
 * @throws Pm500Error MESSAGE_INVALID when it is one, but cannot be understood
 */
export function parseMaintenance(payload: unknown): MaintenanceRequest | undefined {
  if (!isRecord(payload) || !Object.hasOwn(payload, 'maintenance')) return undefined;
  const { maintenance, meter } = payload;
  const name = meter === undefined ? undefined : expect.text('payload.meter', meter).trim();
  if (maintenance === false) return { durationMs: undefined, meter: name };
  const minutes = expect.finite(
    'payload.maintenance.minutes',
    expect.record('payload.maintenance', maintenance)['minutes'],
  );
  if (minutes > 0 && minutes <= LONGEST_MINUTES) return { durationMs: minutes * 60_000, meter: name };
  return expect.fail('payload.maintenance.minutes', minutes, `more than 0 and at most ${LONGEST_MINUTES}`);
}

/**
 * The meter that a request is about.
 * @param find the meter with a name
 * @param names all names
 * @throws Pm500Error MESSAGE_INVALID when there is no such meter, or none is named and there are several
 */
export function meterOfRequest<Meter>(
  { meter }: MaintenanceRequest,
  find: (name: string) => Meter | undefined,
  names: readonly string[],
): Meter {
  const [only] = names;
  const name = meter ?? (names.length === 1 ? only : undefined);
  const found = name === undefined ? undefined : find(name);
  if (found !== undefined) return found;
  const problem =
    name === undefined
      ? `The message names none of ${names.length} meters`
      : `There is no meter ${JSON.stringify(name)} here`;
  throw new Pm500Error('MESSAGE_INVALID', `${problem}; add the name of one to the payload as "meter".`);
}
