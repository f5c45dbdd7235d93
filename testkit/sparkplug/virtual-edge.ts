import { MemoryOutbox } from '../../src/outbox/memory';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { EdgeSessionDependencies, EdgeSessionSettings } from '../../src/sparkplug/session/session-settings';
import { memorySessionStore } from '../../src/sparkplug/session/session-store';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../fake-clock';
import { FakeBroker } from './fake-link';
import { START } from './samples';

interface VirtualDependencies extends Partial<EdgeSessionDependencies> {
  readonly clock?: FakeClock;
}

/** An edge node in virtual time, at a broker in memory, with store and forward; a test says what it is about. */
export function virtualEdge(settings: Partial<EdgeSessionSettings> = {}, dependencies: VirtualDependencies = {}) {
  const { clock = new FakeClock(START) } = dependencies;
  const broker = new FakeBroker();
  const session = new EdgeSession(
    {
      node: { groupId: 'G', edgeNodeId: 'N' },
      broker: { host: 'broker', port: 1883, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
      settleMs: 1000,
      history: { valuesPerSecond: 1000, store: { maximumBytes: 1e9 } },
      ...settings,
    },
    {
      random: seededRandom(1),
      logger: silentLogger,
      openLink: broker.open,
      bdSeq: createBdSeqCounter(memorySessionStore()),
      outbox: new MemoryOutbox({ maximumBytes: 1_000_000 }, clock),
      ...dependencies,
      clock,
    },
  );
  return { clock, broker, session };
}
