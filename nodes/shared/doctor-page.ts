import type { NodeAPI } from 'node-red';
import { systemClock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import { runDoctorOnce } from './doctor-run';
import { processLogger } from './logger';

const MS_PER_HOUR = 3_600_000;
/** Node-RED starts its flows, and opens its outboxes, before it is looked at. */
const FIRST_AFTER_MS = 5 * 60_000;
const LEAST_HOURS = 1;
const MOST_HOURS = 24 * 7;

/** `pm500: { doctorHours: 24 }` in settings.js: how often it looks by itself; 0 for never, the default. */
function hoursOf(RED: NodeAPI): number {
  const settings: unknown = RED.settings;
  const own = isRecord(settings) ? settings['pm500'] : undefined;
  const hours = isRecord(own) ? own['doctorHours'] : undefined;
  if (typeof hours !== 'number' || !(hours > 0)) return 0;
  return Math.min(Math.max(hours, LEAST_HOURS), MOST_HOURS);
}

/** The page of the readiness checklist, and the timer for its gauges. */
export function registerDoctorPage(RED: NodeAPI, permission: string): void {
  const { httpAdmin, auth } = RED;
  httpAdmin.post('/pm500/doctor', auth.needsPermission(permission), (_request, response) => {
    runDoctorOnce(RED).then(
      (report) => response.json(report),
      (thrown: unknown) => response.status(400).json({ error: toPm500Error(thrown).message }),
    );
  });
  const hours = hoursOf(RED);
  if (hours === 0) return;
  const later = (afterMs: number): void => {
    systemClock.after(
      afterMs,
      () => {
        runDoctorOnce(RED)
          .catch((thrown: unknown) => {
            processLogger(RED).warn(toPm500Error(thrown).message);
          })
          .finally(() => {
            later(hours * MS_PER_HOUR);
          });
      },
      true,
    );
  };
  later(FIRST_AFTER_MS);
}
