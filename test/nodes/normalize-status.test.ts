import assert from 'node:assert/strict';
import { showQuality } from '../../nodes/pm500-normalize/normalize-status';
import { StatusLine } from '../../nodes/shared/status';
import { FakeNode, FakeRed } from '../../testkit/node-red/fake-red';
import { confirmedReading, failedReading, NormalizeBench } from '../../testkit/meters/normalize-bench';

const DEFAULT_ALARMS_OFF = { defaultAlarms: false, kpis: [] };

/** A bench with the status that its node would show. */
function benchWithStatus(): { bench: NormalizeBench; statusText: () => string | undefined } {
  const bench = new NormalizeBench(DEFAULT_ALARMS_OFF);
  const node = new FakeNode('pm500-normalize');
  const line = new StatusLine(new FakeRed().api, node);
  return {
    bench,
    statusText: () => {
      showQuality(line, bench.work, 0);
      return (node.lastStatus as { text?: string } | undefined)?.text;
    },
  };
}

describe('status of pm500-normalize', () => {
  it('is about all meters and schedules of the node, whichever was read last', async () => {
    const { bench, statusText } = benchWithStatus();
    const at = (): number => bench.clock.now();
    await bench.accept(confirmedReading([101], at()));
    await bench.accept(confirmedReading([101], at(), {}, 'pump'));
    assert.equal(statusText(), '24 metrics');
    await bench.accept(failedReading(confirmedReading([101], at(), {}, 'pump')));
    assert.equal(statusText(), '12 of 24 bad');
    await bench.accept(confirmedReading([101], at()));
    assert.equal(statusText(), '12 of 24 bad');
    await bench.accept(confirmedReading([102], at(), {}, 'pump'));
    assert.match(statusText() ?? '', /^12 of \d+ bad$/);
    await bench.accept(confirmedReading([101], at(), {}, 'pump'));
    assert.match(statusText() ?? '', /^\d+ metrics$/);
    await bench.close();
  });

  it('says when readings no longer come, of one meter, a part of it, or all; and when they come again', async () => {
    const { bench, statusText } = benchWithStatus();
    const read = async (name: string, ...assemblies: number[]): Promise<void> => {
      await bench.accept(confirmedReading(assemblies, bench.clock.now(), {}, name));
    };
    for (let minute = 0; minute < 3; minute++) {
      await read('main', 101);
      await read('main', 102);
      await read('pump', 101);
      await bench.clock.advance(60_000);
    }
    assert.match(statusText() ?? '', /^\d+ metrics$/);
    for (let minute = 0; minute < 4; minute++) {
      await read('main', 101);
      await read('pump', 101);
      await bench.clock.advance(60_000);
    }
    assert.equal(statusText(), 'a part is silent');
    await read('main', 102);
    assert.match(statusText() ?? '', /^\d+ metrics$/);
    for (let minute = 0; minute < 4; minute++) {
      await read('main', 101);
      await read('main', 102);
      await bench.clock.advance(60_000);
    }
    assert.equal(statusText(), 'silent meters: 1');
    // A step of the wall clock is no silence, nor does it end one.
    bench.clock.jump(-86_400_000);
    assert.equal(statusText(), 'silent meters: 1');
    await bench.clock.advance(300_000);
    assert.equal(statusText(), 'no readings');
    await read('pump', 101);
    assert.equal(statusText(), 'silent meters: 1');
    await bench.close();
  });

  it('awaits no cycle of what is read by hand', async () => {
    const { bench, statusText } = benchWithStatus();
    await bench.accept(confirmedReading([101], bench.clock.now()));
    await bench.clock.advance(86_400_000);
    assert.equal(statusText(), '12 metrics');
    await bench.close();
  });
});
