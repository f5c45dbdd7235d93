import { join } from 'node:path';
import { openOutbox } from '../../src/outbox/disk';
import { diskQueues } from '../../src/sparkplug/history/queue-place';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { failed, sample } from './samples';
import { realDependencies } from './real-dependencies';

/**
 * An edge node in a process of its own, to be killed: `edge-process.ts FOLDER COUNT` keeps so many values of one metric of
 * the device M in an outbox in that folder, without a broker, and says so. With a third argument, the port of a broker, it
 * has as many of a device `away` whose meter does not answer, connects, and says when the history of that one lies apart.
 */
const [folder = '', count = '0', port] = process.argv.slice(2);
const limits = { maximumBytes: 10_000_000 };
const outbox = openOutbox({ folder, limits, clock: systemClock, logger: silentLogger });
const edge = new EdgeSession(
  {
    node: { groupId: 'plant', edgeNodeId: 'edge' },
    // Port 9 is "discard": nothing listens there.
    broker: { host: '127.0.0.1', port: Number(port ?? '9'), keepAliveSeconds: 5, connectTimeoutMs: 1000 },
    history: { valuesPerSecond: 1000, store: { maximumBytes: 1e9 } },
    settleMs: 20,
  },
  { ...realDependencies(), outbox, queues: diskQueues(join(folder, 'absent'), systemClock, silentLogger) },
);
const devices = port === undefined ? ['M'] : ['M', 'away'];
for (let index = 0; index < Number(count); index++) {
  for (const deviceId of devices) edge.publish(deviceId, [sample('count', index, { at: Date.now() })]);
}
if (port !== undefined) edge.publish('away', [failed('count', Date.now())], true);
const announce = setInterval(() => {
  const isKept = port === undefined && outbox.stats().depth === Number(count);
  const isApart = edge.history?.absent[0]?.depth === Number(count) && outbox.stats().depth === 0;
  if (!isKept && !isApart) return;
  clearInterval(announce);
  console.log(`${isKept ? 'kept' : 'apart'} ${count}`);
}, 20);
edge.start();
