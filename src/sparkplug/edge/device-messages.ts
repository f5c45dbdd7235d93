import { DERIVED_METRICS } from '../../metrics/derived-metrics';
import type { Device, Taken } from './device';
import type { EdgeEffect, EdgeEvent } from './edge-events';
import { isMeasured } from '../metrics/nameplate';
import type { Publisher } from './publisher';

type HistoryEvent = Pick<Extract<EdgeEvent, { kind: 'history' }>, 'samples' | 'isForced' | 'allowed' | 'at'>;

/** Metrics that one sentence names. */
const MOST_NAMED = 5;

const DERIVED: ReadonlySet<string> = new Set(DERIVED_METRICS.map(({ name }) => name));

/**
 * Whether the next readings bring a metric, so that its history may wait for that birth. An alarm may not come again for
 * a year, and a demand not before its window ends: all later history would wait with them.
 */
function isComing(name: string): boolean {
  return isMeasured(name) && !DERIVED.has(name);
}

/** DBIRTH with everything that is known of a device; a device whose birth is too large for the broker stays unborn. */
export function bearDevice(publisher: Publisher, device: Device, at: number): readonly EdgeEffect[] {
  if (device.isTooLarge) return [];
  const messages = publisher.deviceBirth(device, { metrics: device.makeBirth(), published: device.news }, at);
  if (messages !== undefined) {
    device.bear();
    return [...messages, ...leaveOut(publisher, device)];
  }
  device.isTooLarge = true;
  const instead: EdgeEffect[] = [...holdBack(device), { kind: 'oversized' }];
  if (!publisher.isNews(`DBIRTH of ${device.id}`)) return instead;
  const message = `Sparkplug: the DBIRTH of device "${device.id}" is larger than the ${publisher.maximumBytes} bytes that the broker takes; the device is left out, its values wait. Raise the limit of the broker, or publish fewer metrics.`;
  return [{ kind: 'warn', message }, ...instead];
}

/** Tries the births that were too large again: they may be smaller now, or the broker take more. */
export function bearOversized(publisher: Publisher, devices: Iterable<Device>, at: number): readonly EdgeEffect[] {
  const effects: EdgeEffect[] = [];
  for (const device of devices) {
    if (!device.isTooLarge) continue;
    device.isTooLarge = false;
    if (device.isSettled && !device.isLost) effects.push(...bearDevice(publisher, device, at));
  }
  return effects;
}

/** What a device has and cannot publish goes to store and forward. */
function holdBack(device: Device): readonly EdgeEffect[] {
  const samples = device.holdPending();
  return samples.length === 0 ? [] : [{ kind: 'unsent', deviceId: device.id, samples }];
}

/** Keeps in mind which present values were sent as bad because they were too large, and says it. */
function leaveOut(publisher: Publisher, device: Device): readonly EdgeEffect[] {
  device.leaveOut(publisher.leftOut.keys());
  return sayLeftOut(publisher, device);
}

/** Says which values were too large, once for each metric and limit. */
function sayLeftOut({ leftOut, maximumBytes }: Publisher, { id }: Device): readonly EdgeEffect[] {
  const names = [...leftOut].flatMap(([name, isNews]) => (isNews ? [`${name} of ${id}`] : []));
  leftOut.clear();
  if (names.length === 0) return [];
  const sentence = `Sparkplug: values of ${names.slice(0, MOST_NAMED).join(', ')} are larger than the ${maximumBytes} bytes that the broker takes; they are sent as bad, without the value.`;
  return [{ kind: 'warn', message: sentence }];
}

/** DDATA with present values. */
export function sayData(
  publisher: Publisher,
  device: Device,
  taken: Pick<Taken, 'metrics' | 'published'>,
  at: number,
): readonly EdgeEffect[] {
  const messages = publisher.deviceData(device, taken, at);
  return publisher.leftOut.size === 0 ? messages : [...messages, ...leaveOut(publisher, device)];
}

/** DDEATH, where there was a DBIRTH; what waited of the device is given out, to be sent when it is back. */
export function loseDevice(publisher: Publisher, device: Device | undefined, at: number): readonly EdgeEffect[] {
  if (device === undefined) return [];
  const effects = [...holdBack(device)];
  if (device.isBorn) effects.push(...publisher.deviceDeath(device.id, at));
  device.isBorn = false;
  return effects;
}

/** DDATA with values of earlier, or that they need more than is allowed; `forwarded` counts those in it. */
export function forwardHistory(
  publisher: Publisher,
  device: Device,
  { samples, isForced, allowed, at }: HistoryEvent,
): { readonly effects: readonly EdgeEffect[]; readonly forwarded: number } {
  const effects: EdgeEffect[] = [];
  const { unknown } = device.historical(samples);
  if (unknown.length > 0) {
    if (!isForced && unknown.some(({ name }) => isComing(name))) return { effects, forwarded: 0 };
    for (const sample of samples) device.adopt(sample, at);
    effects.push(...bearDevice(publisher, device, at));
  }
  const { metrics, misfits } = device.historical(samples);
  // An empty message would use up a number for nothing; the caller sees by the effects that the values are done with.
  const made = metrics.length === 0 ? [] : publisher.deviceHistory(device, metrics, at, allowed);
  const said = metrics.length === 0 ? [] : sayLeftOut(publisher, device);
  if ('bytes' in made) return { effects: [...effects, { kind: 'held', needs: made }, ...said], forwarded: 0 };
  if (misfits > 0) effects.push({ kind: 'unfit', deviceId: device.id, count: misfits });
  return { effects: [...effects, ...made, ...said], forwarded: metrics.length };
}
