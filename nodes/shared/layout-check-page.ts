import type { NodeAPI } from 'node-red';
import { watchLayout } from '../../src/acquisition/layout-watch';
import type { MeterSession } from '../../src/acquisition/meter-session';
import { LayoutCheck } from '../../src/domain/layout-check/layout-check';
import type { LayoutVerdict, Told } from '../../src/domain/layout-check/verdict';
import { WATCH_SECONDS } from '../../src/domain/layout-check/watch-time';
import { systemClock } from '../../src/support/clock';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import type { Logger } from '../../src/support/logger';
import { sentences, type Sentence } from '../../src/support/sentence';
import { isMeterNode } from './meters';
import { PM500 } from '../../src/meters/pm500';

const INTERVAL_MS = 1000;
/** Each reads its meter every second, beside what flows ask, and keeps what it saw. */
const MOST_CHECKS = 2;
let running = 0;

export const LAYOUT_CHECK_SENTENCES = sentences('layoutCheckPage', {
  seconds: 'Give seconds from {min} to {max}.',
  modbus:
    'Meter "{meter}" is read over Modbus, whose registers are verified; a layout is that of EtherNet/IP assemblies.',
  notRunning: 'No meter with these settings is running; deploy first, then check.',
  tooMany: '{most} layout checks are running already; try again when they have ended.',
});
const { say } = LAYOUT_CHECK_SENTENCES;

/** Status of the answer by what is wrong; the meter itself otherwise. */
const STATUS_UNKNOWN = 404;
const STATUS_REFUSED = 400;
const STATUS_METER = 502;

export interface LayoutCheckFailure {
  readonly status: number;
  readonly error: Sentence;
}

function secondsOf(value: unknown): number {
  const { min, max, usual } = WATCH_SECONDS;
  const seconds = value === undefined ? usual : Number(value);
  if (seconds >= min && seconds <= max) return seconds;
  throw new Pm500Error('CONFIG_INVALID', say('seconds', { min, max }));
}

function checkTransport({ settings }: MeterSession): void {
  if (settings.transport?.kind.startsWith('modbus') !== true) return;
  throw new Pm500Error('CONFIG_INVALID', say('modbus', { meter: settings.name }));
}

/**
 * Watches a deployed meter through the session that all nodes share, and judges its layout.
 * @param signal ends it when nobody waits for the outcome any more
 */
export async function checkMeterLayout(
  RED: Pick<NodeAPI, 'nodes'>,
  id: string,
  query: Readonly<Record<string, unknown>>,
  logger: Logger,
  signal: AbortSignal,
): Promise<Told<LayoutVerdict> | LayoutCheckFailure> {
  const meter: unknown = RED.nodes.getNode(id);
  if (!isMeterNode(meter)) {
    return { status: STATUS_UNKNOWN, error: say('notRunning') };
  }
  const { session } = meter;
  if (running >= MOST_CHECKS) {
    return { status: STATUS_REFUSED, error: say('tooMany', { most: MOST_CHECKS }) };
  }
  running += 1;
  try {
    checkTransport(session);
    const check = new LayoutCheck(PM500, { layout: session.settings.layout });
    const onTrouble = ({ message }: Pm500Error): void => {
      logger.warn(`Layout check of meter "${session.settings.name}": ${message}`);
    };
    const seconds = secondsOf(query['seconds']);
    await watchLayout(session, check, { seconds, intervalMs: INTERVAL_MS, clock: systemClock, onTrouble }, signal);
    return check.told();
  } catch (thrown) {
    const { code, sentence } = toPm500Error(thrown);
    return { status: code === 'CONFIG_INVALID' ? STATUS_REFUSED : STATUS_METER, error: sentence };
  } finally {
    running -= 1;
  }
}
