import { isRecord } from '../../support/expect';
import type { AlarmMessage } from '../alarms/alarm-message';
import { METER } from '../messages/parts';
import type { MeterReference } from '../messages/reading';
import { Normalizer } from './normalizer';
import type { NormalizerSettings } from './settings';

/** More are not listed at once: a site that has renamed all its meters should not wait for that. */
const MOST_LISTED = 200;

/** Whose state that is, as far as it says so. */
function meterOf(name: string, saved: unknown): MeterReference {
  const meter = isRecord(saved) ? saved['meter'] : undefined;
  return METER.fits(meter) ? (meter as MeterReference) : { name, host: 'unknown', tags: {} };
}

/**
 * What is kept of meters that have not sent a reading since the start: they may come back, or were renamed or taken away.
 * Their alarms can be listed and, by forgetting the meter, cleared.
 */
export class AwayMeters {
  private readonly states: Map<string, unknown>;

  /** @param most as many are kept, the last of the state */
  constructor(saved: unknown, most: number) {
    this.states = new Map(isRecord(saved) ? Object.entries(saved).slice(-most) : []);
  }

  get names(): readonly string[] {
    return [...this.states.keys()];
  }

  get entries(): Iterable<readonly [string, unknown]> {
    return this.states;
  }

  has(name: string): boolean {
    return this.states.has(name);
  }

  /** The state of a meter, which is not away any more. */
  take(name: string): unknown {
    const state = this.states.get(name);
    this.states.delete(name);
    return state;
  }

  /** Active alarms of one, or of all that have some. */
  alarms(settings: NormalizerSettings, nowMs: number, name?: string): readonly AlarmMessage[] {
    const chosen = name === undefined ? this.names : [name];
    return chosen.slice(0, MOST_LISTED).flatMap((each) => {
      const state = this.states.get(each);
      const list = new Normalizer(settings, meterOf(each, state), state).listAlarms(nowMs);
      return list.active.length > 0 || name !== undefined ? [list] : [];
    });
  }
}

/** Alarms of a meter that is forgotten end; the table of those that are left, none, comes last. */
export function clearedAlarms(
  settings: NormalizerSettings,
  name: string,
  state: unknown,
  nowMs: number,
): readonly AlarmMessage[] {
  const rest = new Normalizer({ ...settings, alarmRules: [] }, meterOf(name, state), state);
  return [...rest.tick(nowMs).alarms, rest.listAlarms(nowMs)];
}
