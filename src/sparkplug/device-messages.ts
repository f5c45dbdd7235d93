import { DERIVED_METRICS } from '../meter/derived-metrics';
import type { Device } from './device';
import type { EdgeEffect, EdgeEvent } from './edge-events';
import { isMeasured } from './nameplate';
import type { Publisher } from './publisher';

type History = Pick<Extract<EdgeEvent, { kind: 'history' }>, 'samples' | 'isForced' | 'at'>;

const DERIVED: ReadonlySet<string> = new Set(DERIVED_METRICS.map(({ name }) => name));

/**
 * Whether the next readings bring a metric, so that its history may wait for that birth. An alarm may not come again for
 * a year, and a demand not before its window ends: all later history would wait with them.
 */
function isComing(name: string): boolean {
  return isMeasured(name) && !DERIVED.has(name);
}

/** DBIRTH with everything that is known of a device. */
export function bearDevice(publisher: Publisher, device: Device, at: number): EdgeEffect {
  device.isBorn = true;
  return publisher.deviceBirth(device, { metrics: device.takeBirth(), published: device.present }, at);
}

/** DDEATH, where there was a DBIRTH; what waited of the device is given out, to be sent when it is back. */
export function loseDevice(publisher: Publisher, device: Device | undefined, at: number): readonly EdgeEffect[] {
  if (device === undefined) return [];
  const effects: EdgeEffect[] = [];
  const samples = device.holdPending();
  if (samples.length > 0) effects.push({ kind: 'unsent', deviceId: device.id, samples });
  if (device.isBorn) effects.push(publisher.deviceDeath(device.id, at));
  device.isBorn = false;
  return effects;
}

/** DDATA with values of earlier; `forwarded` counts those in it. */
export function forwardHistory(
  publisher: Publisher,
  device: Device,
  { samples, isForced, at }: History,
): { readonly effects: readonly EdgeEffect[]; readonly forwarded: number } {
  const effects: EdgeEffect[] = [];
  const { unknown } = device.historical(samples);
  if (unknown.length > 0) {
    if (!isForced && unknown.some(({ name }) => isComing(name))) return { effects, forwarded: 0 };
    for (const sample of samples) device.adopt(sample, at);
    effects.push(bearDevice(publisher, device, at));
  }
  const { metrics, misfits } = device.historical(samples);
  if (misfits > 0) {
    const message = `Sparkplug: ${misfits} stored values of device "${device.id}" do not fit the datatypes of today; they were dropped.`;
    effects.push({ kind: 'warn', message });
  }
  // An empty message would use up a number for nothing; the caller sees by the effects that the values are done with.
  if (metrics.length > 0) effects.push(publisher.deviceHistory(device, metrics, at));
  return { effects, forwarded: metrics.length };
}
