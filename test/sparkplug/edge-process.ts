import { openOutbox } from '../../src/outbox/disk';
import { EdgeSession } from '../../src/sparkplug/session';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { sample } from './samples';
import { realDependencies } from './real-dependencies';

/**
 * An edge node in a process of its own, without a broker, to be killed: `edge-process.ts FOLDER COUNT` keeps so many
 * values of one metric in an outbox in that folder and says so.
 */
const [folder = '', count = '0'] = process.argv.slice(2);
const outbox = openOutbox({ folder, limits: { maximumBytes: 10_000_000 }, clock: systemClock, logger: silentLogger });
const edge = new EdgeSession(
  {
    node: { groupId: 'plant', edgeNodeId: 'edge' },
    // Port 9 is "discard": nothing listens there.
    broker: { host: '127.0.0.1', port: 9, keepAliveSeconds: 5, connectTimeoutMs: 1000 },
    history: { valuesPerSecond: 1000, store: { maximumBytes: 1e9 } },
  },
  { ...realDependencies(), outbox },
);
edge.start();
for (let index = 0; index < Number(count); index++) edge.publish('M', [sample('count', index, { at: Date.now() })]);
const announce = setInterval(() => {
  if (outbox.stats().depth === Number(count)) {
    clearInterval(announce);
    console.log(`kept ${count}`);
  }
}, 20);
