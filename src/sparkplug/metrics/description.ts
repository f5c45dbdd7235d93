import { divisorOf } from '../../domain/shapes/units';
import type { Metric } from '../../metrics/measurement';
import type { PropertySet } from '../codec/payload';

/**
 * What stays the same of a metric, as the properties that hosts know: in Ignition `engUnit`, `engLow`, `engHigh`,
 * `documentation`, `tooltip` and `readOnly` are properties of the tag, any other becomes a custom one.
 * @param label for people
 * @param unit as the value is sent; it may have a prefix
 * @param metric the row of the table; undefined for a metric that only a site or a flow defines
 */
export function describeMetric(label: string, unit: string, metric: Metric | undefined): PropertySet {
  const divisor = metric === undefined ? undefined : divisorOf(unit, metric.unit);
  const range = divisor === undefined ? undefined : metric?.range;
  return {
    ...(unit === '' ? {} : { engUnit: { type: 'String', value: unit } }),
    ...(range === undefined || divisor === undefined
      ? {}
      : {
          engLow: { type: 'Double', value: range.min / divisor },
          engHigh: { type: 'Double', value: range.max / divisor },
        }),
    documentation: { type: 'String', value: label },
    tooltip: { type: 'String', value: label },
    readOnly: { type: 'Boolean', value: true },
  };
}
