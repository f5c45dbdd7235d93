import assert from 'node:assert/strict';
import { Delivery } from '../../src/delivery/delivery';
import { DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../../src/delivery/settings';
import { MemoryOutbox } from '../../src/outbox/memory';
import { delay } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { destinationOf } from '../../testkit/delivery/destinations';
import { FakeClock } from '../../testkit/fake-clock';

const PATIENCE_MS = 10_000;
const SECONDS = 180;
/** Of what the link can carry. */
const LEAST_SHARE = 0.8;
/** A telemetry of one meter as a line. */
const RECORD_BYTES = 2500;

describe('a link on which a full batch never passes in time', () => {
  for (const bytesPerSecond of [5000, 50_000, 400_000]) {
    it(`of ${bytesPerSecond} bytes a second brings at least 80 % of what it can carry, with the settings of a new target`, async () => {
      const clock = new FakeClock();
      const outbox = new MemoryOutbox({ maximumBytes: 1e9 }, clock);
      let carried = 0;
      let inVain = 0;
      const refused: string[] = [];
      const delivery = new Delivery(
        {
          batch: { records: 5000, bytes: DEFAULT_BATCH_BYTES, flushMs: 1000 },
          retry: DEFAULT_RETRY,
          recheckMs: DEFAULT_RECHECK_MS,
        },
        {
          outbox,
          destination: destinationOf(
            async (payloads, signal) => {
              const bytes = payloads.length * RECORD_BYTES;
              const needsMs = (bytes / bytesPerSecond) * 1000;
              await delay(clock, Math.min(needsMs, PATIENCE_MS), signal);
              if (needsMs <= PATIENCE_MS && !signal.aborted) {
                carried += bytes;
                return { kind: 'written' };
              }
              inVain += (bytesPerSecond * PATIENCE_MS) / 1000;
              return { kind: 'retry', error: new Pm500Error('INFLUX_TIMEOUT', 'no answer in time') };
            },
            { patienceMs: PATIENCE_MS },
          ),
          clock,
          random: seededRandom(5),
          logger: silentLogger,
        },
      );
      delivery.onRefused('meter', ({ payload }) => refused.push(payload));
      const waiting = Math.ceil((bytesPerSecond * SECONDS) / RECORD_BYTES);
      const record = 'm '.padEnd(RECORD_BYTES, 'x');
      await delivery.submit(
        Array.from({ length: waiting }, () => record),
        'meter',
      );
      await clock.advance(SECONDS * 1000);
      const share = carried / (bytesPerSecond * SECONDS);
      assert.ok(share >= LEAST_SHARE, `${(share * 100).toFixed()} %, ${inVain} bytes in vain`);
      assert.deepEqual(refused, []);
      await delivery.close();
    });
  }
});
