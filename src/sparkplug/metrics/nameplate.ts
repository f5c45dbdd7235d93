import type { MeterReference } from '../../domain/messages/reading';
import { conditionOf } from './metric-condition';
import { describeMetric } from './description';
import type { MetricSample } from './metrics';
import type { PropertySet } from '../codec/payload';

const PREFIX = 'Properties/';
const GOOD = conditionOf('good');
const describe = (label: string): PropertySet => Object.freeze(describeMetric(label, '', undefined));
const DESCRIPTIONS = {
  'Catalog Number': describe('Catalog number of the meter'),
  'Serial Number': describe('Serial number of the meter'),
  Firmware: describe('Firmware of the meter'),
  Transport: describe('How the meter is read'),
  Layout: describe('Layout that the values are read by'),
  'Layout Confirmed': describe('A person has confirmed the layout'),
} as const;

/** What is known of a meter beside its values, as metrics: they stand in every DBIRTH and are sent when they change. */
export function nameplateOf(
  { catalogNumber, serialNumber, firmware, transport, layout }: MeterReference,
  timestamp: number,
): readonly MetricSample[] {
  const samples: MetricSample[] = [];
  const add = (
    name: keyof typeof DESCRIPTIONS,
    type: MetricSample['type'],
    value: MetricSample['value'] | undefined,
  ): void => {
    if (value === undefined) return;
    const description = DESCRIPTIONS[name];
    samples.push({ name: `${PREFIX}${name}`, type, value, timestamp, description, condition: GOOD });
  };
  add('Catalog Number', 'String', catalogNumber);
  add('Serial Number', 'UInt32', serialNumber);
  add('Firmware', 'String', firmware);
  add('Transport', 'String', transport);
  add('Layout', 'String', layout?.name);
  add('Layout Confirmed', 'Boolean', layout?.confirmed);
  return samples;
}

/** False for metrics that no read brings: the nameplate of a meter, and what others say of it. */
export function isMeasured(name: string): boolean {
  return !name.startsWith(PREFIX) && !name.startsWith('alarms/');
}
