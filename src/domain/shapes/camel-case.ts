import { worse, type Quality, type QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';
import type { ShapedTelemetry } from './units';

/** What AWS IoT rules and other JSON consumers like to select from: camelCase names, the place of the meter on top. */
export interface SiteJson {
  readonly meter: string;
  /** Site, area, line, asset and whatever else the meter is tagged with, camelCase. */
  readonly tags: Readonly<Record<string, string>>;
  readonly catalogNumber?: string;
  readonly serialNumber?: number;
  /** Time of the read, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** The same in ISO 8601. */
  readonly time: string;
  /** The worst quality of all values. */
  readonly quality: Quality;
  /** A value that cannot be trusted at all is null. */
  readonly metrics: Readonly<Record<string, Value>>;
  /** Units of the metrics that have one. */
  readonly units: Readonly<Record<string, string>>;
  /** Why metrics are not good, by metric. */
  readonly reasons: Readonly<Record<string, QualityReason>>;
}

const LATEST_MS = 8.64e15;
const known = new Map<string, string>();
/** Names come from messages; one that makes up names without end must not fill the memory. */
const MOST_NAMES = 4096;

/** `active_power_l1` becomes `activePowerL1`. */
export function camelCase(name: string): string {
  let camel = known.get(name);
  if (camel === undefined) {
    camel = name.replaceAll(/(?<![_\s-])[_\s-]+(\w)/g, (_all, letter: string) => letter.toUpperCase());
    if (known.size >= MOST_NAMES) known.clear();
    known.set(name, camel);
  }
  return camel;
}

/** The same telemetry as one object of camelCase names with the metadata of the site. */
export function siteJsonOf({ meter, timestamp, metrics }: ShapedTelemetry): SiteJson {
  const values: Record<string, Value> = {};
  const units: Record<string, string> = {};
  const reasons: Record<string, QualityReason> = {};
  let quality: Quality = 'good';
  for (const name in metrics) {
    const sample = metrics[name];
    if (sample === undefined) continue;
    const camel = camelCase(name);
    values[camel] = sample.value;
    if (sample.unit !== '') units[camel] = sample.unit;
    if (sample.reason !== undefined) reasons[camel] = sample.reason;
    quality = worse(quality, sample.quality);
  }
  const { name, tags, catalogNumber, serialNumber } = meter;
  return {
    meter: name,
    tags: Object.fromEntries(Object.entries(tags).map(([tag, value]) => [camelCase(tag), value])),
    ...(catalogNumber === undefined ? {} : { catalogNumber }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    timestamp,
    time: Math.abs(timestamp) <= LATEST_MS ? new Date(timestamp).toISOString() : '',
    quality,
    metrics: values,
    units,
    reasons,
  };
}
