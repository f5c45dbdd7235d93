import { Pm500Error } from '../../support/errors';
import { checkName, checkValue, isCount, refuseCount } from '../codec/check-value';
import type { MetricSample } from '../metrics/metrics';
import { checkId } from './topic';

/**
 * Refuses samples that could not be sent, before anything of them is taken.
 * @param isReserved names that metrics cannot have
 * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID
 */
export function checkSamples(
  deviceId: string,
  samples: readonly MetricSample[],
  isReserved?: (name: string) => boolean,
): void {
  checkId('device ID', deviceId);
  for (const { name, type, value, timestamp } of samples) {
    checkName(name, `a metric name of device "${deviceId}"`);
    if (isReserved?.(name) === true) {
      const sentence = `Sparkplug: "${name}" is the name of a template instance of device "${deviceId}"; give the metric another name.`;
      throw new Pm500Error('SPARKPLUG_VALUE_INVALID', sentence);
    }
    checkValue(type, value, name);
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', `metric ${name}`);
  }
}
