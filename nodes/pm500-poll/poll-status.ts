import type { MeterCondition } from '../../src/acquisition/meter-poll';
import { isWaitingCode } from '../../src/acquisition/waiting-codes';
import type { ErrorCode } from '../../src/support/errors';
import type { StatusLine } from '../shared/status';

/**
 * Catalog keys of the reasons that a person can do something about, or has to wait for; these are shown as long as they
 * last. Of a meter that simply does not answer the status says since when.
 */
const REASON_KEYS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ENIP_FRAME_INVALID: 'notMeter',
  METER_SIZE_MISMATCH: 'wrongSize',
  ENIP_NO_OWNER: 'noOwner',
  ENIP_OWNERSHIP_CONFLICT: 'conflict',
  ENIP_CONNECTION_LIMIT: 'noConnection',
  ENIP_PORT_IN_USE: 'portInUse',
  MODBUS_SERIAL_UNAVAILABLE: 'noSerial',
  METER_SHARED_WITH_PLC: 'sharedWithPlc',
  METER_PROTOCOL_BUSY: 'protocolBusy',
};

/** Catalog keys of a meter that has never answered. */
const SILENCE_KEYS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ENIP_REPLY_TIMEOUT: 'noAnswer',
  ENIP_CONNECT_TIMEOUT: 'noAnswer',
  ENIP_CONNECT_FAILED: 'unreachable',
  ENIP_CONNECTION_LOST: 'connectionLost',
  MODBUS_REPLY_TIMEOUT: 'noAnswer',
  MODBUS_UNIT_ABSENT: 'noAnswer',
  MODBUS_CONNECT_TIMEOUT: 'noAnswer',
  MODBUS_CONNECT_FAILED: 'unreachable',
  MODBUS_CONNECTION_LOST: 'connectionLost',
};

/** Hours and minutes of the host's time zone. */
function timeOfDay(epochMs: number): string {
  const time = new Date(epochMs);
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Shows how one meter stands. */
export function showMeter(status: StatusLine, condition: MeterCondition, groups: readonly string[]): void {
  switch (condition.kind) {
    case 'idle':
      status.show('idle', 'idle');
      break;
    case 'connecting':
      status.show('busy', 'connecting');
      break;
    case 'lost':
      showLoss(status, condition);
      break;
    case 'read':
      showAnswers(status, condition, groups);
  }
}

function showAnswers(
  status: StatusLine,
  condition: MeterCondition & { kind: 'read' },
  groups: readonly string[],
): void {
  const { read, count } = condition;
  const milliseconds = Math.ceil(condition.latencyMs);
  const [group] = groups;
  if (read < count) status.show('partial', 'part', { read, count });
  else if (groups.length === 1 && group !== undefined) status.show('ok', 'group', { group, milliseconds });
  else status.show('ok', 'groups', { count: groups.length, milliseconds });
}

function showLoss(status: StatusLine, { code, staleSince }: MeterCondition & { kind: 'lost' }): void {
  const reason = code === undefined ? undefined : REASON_KEYS[code];
  if (code !== undefined && reason !== undefined) status.show(isWaitingCode(code) ? 'waiting' : 'failed', reason);
  else if (staleSince !== undefined) status.show('failed', 'stale', { time: timeOfDay(staleSince) });
  else status.show('failed', (code === undefined ? undefined : SILENCE_KEYS[code]) ?? 'failed');
}

const waits = (condition: MeterCondition): boolean =>
  condition.kind === 'lost' && condition.code !== undefined && isWaitingCode(condition.code);

/** How a list of meters stands. */
export interface FleetState {
  readonly conditions: readonly MeterCondition[];
  /** Rows that cannot be used, and meters that cannot be started. */
  readonly badRows: number;
  /** True while the file cannot be read, and the list before stays in force. */
  readonly isFileBad: boolean;
}

/** Shows how many meters of a list answer. */
export function showFleet(status: StatusLine, { conditions, badRows, isFileBad }: FleetState): void {
  const count = conditions.length;
  const live = conditions.filter(({ kind }) => kind === 'read').length;
  const isWaiting = badRows === 0 && !isFileBad && count > 0 && conditions.every(waits);
  const isStarting = conditions.some(({ kind }) => kind === 'idle' || kind === 'connecting');
  const counts = { live, count };
  const isWhole = live === count && badRows === 0 && !isFileBad;
  const without = isStarting ? 'busy' : isWaiting ? 'waiting' : 'failed';
  const condition = isWhole && count > 0 ? 'ok' : live > 0 ? 'partial' : without;
  if (isFileBad) status.show(condition, count === 0 ? 'noList' : 'fleetFile', counts);
  else if (badRows > 0) status.show(condition, 'fleetRows', { ...counts, bad: badRows });
  else status.show(condition, 'fleet', counts);
}
