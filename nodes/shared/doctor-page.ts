import type { NodeAPI } from 'node-red';
import { systemClock, type Clock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import { runDoctorOnce } from './doctor-run';
import { processLogger } from './logger';

const MS_PER_HOUR = 3_600_000;
/** Node-RED starts its flows, and opens its outboxes, before it is looked at. */
const FIRST_AFTER_MS = 5 * 60_000;
const LEAST_HOURS = 1;
const MOST_HOURS = 24 * 7;

/** `pm500: { doctorHours: 24 }` in settings.js: how often it is looked by itself, hours; 0 for never, the default. */
export function doctorHoursOf(settings: unknown): number {
  const own = isRecord(settings) ? settings['pm500'] : undefined;
  const hours = isRecord(own) ? own['doctorHours'] : undefined;
  if (typeof hours !== 'number' || !(hours > 0)) return 0;
  return Math.min(Math.max(hours, LEAST_HOURS), MOST_HOURS);
}

/** What is looked at by itself. */
export interface RegularLook {
  readonly hours: number;
  readonly clock: Clock;
  readonly look: () => Promise<unknown>;
  /** A look that fails costs no other. */
  readonly complain: (sentence: string) => void;
}

/** Looks some minutes after the start and then every so many hours, counted from the end of the last look. */
export function lookRegularly({ hours, clock, look, complain }: RegularLook): void {
  if (hours === 0) return;
  const later = (afterMs: number): void => {
    clock.after(afterMs, () => void once(), true);
  };
  const once = async (): Promise<void> => {
    try {
      await look();
    } catch (thrown) {
      complain(toPm500Error(thrown).message);
    }
    later(hours * MS_PER_HOUR);
  };
  later(FIRST_AFTER_MS);
}

/** The page of the readiness checklist, and the timer for its gauges. */
export function registerDoctorPage(RED: NodeAPI, permission: string): void {
  const { httpAdmin, auth } = RED;
  httpAdmin.post('/pm500/doctor', auth.needsPermission(permission), (_request, response) => {
    runDoctorOnce(RED).then(
      (report) => response.json(report),
      (thrown: unknown) => response.status(400).json({ error: toPm500Error(thrown).sentence }),
    );
  });
  lookRegularly({
    hours: doctorHoursOf(RED.settings),
    clock: systemClock,
    look: () => runDoctorOnce(RED),
    complain: (sentence) => {
      processLogger(RED).warn(sentence);
    },
  });
}
