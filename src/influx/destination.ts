import type { Destination } from '../delivery/destination';
import { joinPayloads } from '../outbox/stored-record';
import type { Clock } from '../support/clock';
import { checkHealth } from './health';
import { KnownOffenders } from './known-offenders';
import { createHttpSender, type SenderSettings } from './sender';

/**
 * An InfluxDB, or what takes line protocol like one, as the destination of an engine of delivery. A record is one line.
 * @throws Pm500Error CONFIG_INVALID for a URL, path or proxy that cannot be used
 */
export function createInfluxDestination(settings: SenderSettings, clock: Clock, env = process.env): Destination {
  const sender = createHttpSender(settings, clock, env);
  const offenders = new KnownOffenders();
  return {
    name: 'InfluxDB',
    unit: 'line',
    patienceMs: settings.timeoutMs,
    deliver: async (records, signal) => {
      const verdict = await sender.send(joinPayloads(records), signal);
      if (verdict.kind === 'rejected') offenders.learn(verdict, records);
      else if (verdict.kind === 'written' && offenders.suspects(records).length === records.length) offenders.forget();
      return verdict;
    },
    suspects: (records) => offenders.suspects(records),
    health: (signal) => checkHealth(settings, clock, signal, env),
    close: () => {
      sender.close();
    },
  };
}
