import type { LineKind } from './line';
import { isOnlyNoise } from './line-noise';
import type { ModbusSettings } from './settings';

/** More than the silence between two frames (3.5 characters) at every rate; a serial server has one connection a port. */
const PAUSE_MS = 50;

/**
 * What every line of RTU frames has: a reply says neither what it answers nor when it was asked for. So after a failure
 * the line is closed, and stays silent for as long as a reply may take: a late one finds nobody who could take it for
 * another.
 */
export function rtuPolicy({
  replyTimeoutMs,
}: ModbusSettings): Pick<LineKind, 'ignores' | 'pauseMs' | 'pauseAfterFailureMs'> {
  return { ignores: isOnlyNoise, pauseMs: PAUSE_MS, pauseAfterFailureMs: Math.max(PAUSE_MS, replyTimeoutMs) };
}
