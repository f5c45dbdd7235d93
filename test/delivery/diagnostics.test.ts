import assert from 'node:assert/strict';
import { sendDiagnostics } from '../../nodes/shared/delivery-diagnostics';
import { renderMetrics } from '../../src/domain/diagnostics/prometheus';
import { deliveryMetrics } from '../../src/delivery/metrics';
import { DiagnosticsReporter, type DeliveryDiagnostics } from '../../src/delivery/diagnostics';
import { Delivery } from '../../src/delivery/delivery';
import type { Verdict } from '../../src/delivery/destination';
import { MemoryOutbox } from '../../src/outbox/memory';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { destinationOf } from '../../testkit/delivery/destinations';
import { FakeClock } from '../../testkit/fake-clock';

describe('diagnostics of delivery', () => {
  let clock: FakeClock;
  let verdict: Verdict;
  let target: Delivery;

  beforeEach(() => {
    clock = new FakeClock();
    verdict = { kind: 'written' };
    target = new Delivery(
      {
        batch: { records: 100, bytes: 1e6, flushMs: 0 },
        retry: { initialMs: 1000, maximumMs: 1000, factor: 1, jitter: 0 },
        recheckMs: 1000,
      },
      {
        outbox: new MemoryOutbox({ maximumBytes: 1e6 }, clock),
        destination: destinationOf(() => verdict),
        clock,
        random: () => 0,
        logger: silentLogger,
      },
    );
  });

  afterEach(async () => {
    await target.close();
  });

  it('say what waits, how long, how fast it goes and what went wrong last', async () => {
    const reporter = new DiagnosticsReporter(target.stats, clock.monotonic());
    await target.submit(['a', 'b'], 'x');
    await clock.advance(4000);
    const well = reporter.report(target.stats, clock.now(), clock.monotonic());
    assert.deepEqual([well.state, well.depth, well.written, well.recordsPerSecond], ['idle', 0, 2, 0.5]);
    assert.deepEqual([well.oldestAgeSeconds, well.lastError], [0, null]);
    verdict = { kind: 'retry', error: new Pm500Error('INFLUX_BUSY', 'busy') };
    await target.submit(['long'], 'x');
    await clock.advance(2500);
    const ill = reporter.report(target.stats, clock.now(), clock.monotonic());
    assert.deepEqual([ill.state, ill.depth, ill.bytes, ill.oldestAgeSeconds], ['retrying', 1, 4, 2.5]);
    assert.deepEqual([ill.lastError, ill.recordsPerSecond], [{ code: 'INFLUX_BUSY', message: 'busy' }, 0]);
    assert.ok(ill.retries >= 2);
  });

  it('are told to Prometheus, each number under its name', async () => {
    await target.submit(['a', 'b'], 'x');
    await clock.advance(10);
    const tell = (): string => renderMetrics(deliveryMetrics(target.stats, { target: 'a "db"' }));
    const labels = '{target="a \\"db\\""}';
    const well = ['up', 'waiting_records', 'waiting_bytes', 'oldest_seconds'].map((name) => `pm500_delivery_${name}`);
    const assertTold = (names: readonly string[], values: readonly number[]): void => {
      names.forEach((name, at) => {
        assert.ok(tell().includes(`\n${name}${labels} ${values[at]}\n`), `${name} is not ${values[at]} in ${tell()}`);
      });
    };
    assertTold(well, [1, 0, 0, 0]);
    assertTold(['pm500_delivery_written_records_total', 'pm500_delivery_retries_total'], [2, 0]);
    verdict = { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', 'no') };
    await target.submit(['long'], 'x');
    await clock.advance(2500);
    assertTold(well, [0, 1, 4, 2.5]);
    assertTold(['pm500_delivery_retries_total'], [target.stats.retries]);
    await target.submit(['x'.repeat(1e6)], 'x');
    verdict = { kind: 'rejected', error: new Pm500Error('INFLUX_REJECTED', 'bad'), tooLarge: false, named: [0] };
    await clock.advance(2500);
    const lost = ['dropped', 'refused', 'damaged'].map((name) => `pm500_delivery_${name}_records_total`);
    assertTold(lost, [1, 1, 0]);
    assertTold(well, [1, 0, 0, 0]);
  });

  it('are sent at every change for better or worse, and in the interval', async () => {
    const sent: DeliveryDiagnostics[] = [];
    const node = { send: (message: unknown) => void sent.push((message as { payload: DeliveryDiagnostics }).payload) };
    const stop = sendDiagnostics(node, target, 60, clock);
    verdict = { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', 'no') };
    await target.submit(['a'], 'x');
    await clock.advance(5000);
    verdict = { kind: 'written' };
    await clock.advance(5000);
    assert.deepEqual(
      sent.map(({ lastError }) => lastError?.message),
      ['no', undefined],
    );
    await clock.advance(110_000);
    assert.equal(sent.length, 4);
    stop();
    await clock.advance(600_000);
    assert.equal(sent.length, 4);
  });
});
