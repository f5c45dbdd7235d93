import { checkName, checkValue, isCount, refuseCount } from './check-value';
import type { MetricSample } from './metrics';
import { checkId } from './topic';

/**
 * Refuses samples that could not be sent, before anything of them is taken.
 * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID
 */
export function checkSamples(deviceId: string, samples: readonly MetricSample[]): void {
  checkId('device ID', deviceId);
  for (const { name, type, value, timestamp } of samples) {
    checkName(name, `a metric name of device "${deviceId}"`);
    checkValue(type, value, name);
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', `metric ${name}`);
  }
}
