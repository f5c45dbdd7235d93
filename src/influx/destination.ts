import type { Destination } from '../delivery/destination';
import type { Clock } from '../support/clock';
import { checkHealth } from './health';
import { createHttpSender, type SenderSettings } from './sender';

/**
 * An InfluxDB, or what takes line protocol like one, as the destination of an engine of delivery. A record is one line.
 * @throws Pm500Error CONFIG_INVALID for a URL, path or proxy that cannot be used
 */
export function createInfluxDestination(settings: SenderSettings, clock: Clock, env = process.env): Destination {
  const sender = createHttpSender(settings, clock, env);
  return {
    name: 'InfluxDB',
    unit: 'line',
    patienceMs: settings.timeoutMs,
    deliver: (records, signal) => sender.send(records.map(({ payload }) => payload).join('\n'), signal),
    health: (signal) => checkHealth(settings, clock, signal, env),
    close: () => {
      sender.close();
    },
  };
}
