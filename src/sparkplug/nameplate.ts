import type { MeterReference } from '../domain/reading';
import { conditionOf } from './condition';
import type { MetricSample } from './metrics';

const PREFIX = 'Properties/';
const GOOD = conditionOf('good');
const DESCRIPTION = Object.freeze({});

/** What is known of a meter beside its values, as metrics: they stand in every DBIRTH and are sent when they change. */
export function nameplateOf(
  { catalogNumber, serialNumber, firmware, transport, layout }: MeterReference,
  timestamp: number,
): readonly MetricSample[] {
  const samples: MetricSample[] = [];
  const add = (name: string, type: MetricSample['type'], value: MetricSample['value'] | undefined): void => {
    if (value === undefined) return;
    samples.push({ name: `${PREFIX}${name}`, type, value, timestamp, description: DESCRIPTION, condition: GOOD });
  };
  add('Catalog Number', 'String', catalogNumber);
  add('Serial Number', 'UInt32', serialNumber);
  add('Firmware', 'String', firmware);
  add('Transport', 'String', transport);
  add('Layout', 'String', layout?.name);
  add('Layout Confirmed', 'Boolean', layout?.confirmed);
  return samples;
}

/** False for metrics that say nothing of whether the meter answers: its nameplate, and what others say of it. */
export function isMeasured(name: string): boolean {
  return !name.startsWith(PREFIX) && !name.startsWith('alarms/');
}
