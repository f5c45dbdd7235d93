import assert from 'node:assert/strict';
import { MeterFaults } from '../../../src/simulator/faults/faults';
import { WireFaults } from '../../../src/simulator/faults/wire-faults';
import { seededRandom } from '../../../src/support/random';
import { FakeClock } from '../../../testkit/fake-clock';

describe('faults of class 1 frames', () => {
  let clock: FakeClock;
  let faults: MeterFaults;
  let wire: WireFaults;
  let sent: number[];
  const send = (...frames: readonly number[]): void => {
    for (const frame of frames) wire.frame(Buffer.from([frame]), 'one', (bytes) => sent.push(bytes[0] ?? -1));
  };
  beforeEach(() => {
    clock = new FakeClock();
    faults = new MeterFaults(clock);
    wire = new WireFaults(faults, clock, seededRandom(8));
    sent = [];
  });

  it('without any they pass as they are', () => {
    send(1, 2, 3);
    assert.deepEqual(sent, [1, 2, 3]);
  });

  it('drop-frames loses its share', () => {
    faults.start('drop-frames', { percent: 40 });
    for (let frame = 0; frame < 1000; frame++) send(1);
    assert.ok(sent.length > 540 && sent.length < 660, String(sent.length));
    faults.start('drop-frames', { percent: 100 });
    sent = [];
    send(1, 2);
    assert.deepEqual(sent, []);
  });

  it('duplicate-frames sends them twice', () => {
    faults.start('duplicate-frames');
    send(1, 2);
    assert.deepEqual(sent, [1, 1, 2, 2]);
  });

  it('late-frames sends them later, in order', async () => {
    faults.start('late-frames', { delayMs: 50 });
    send(1, 2);
    assert.deepEqual(sent, []);
    await clock.advance(50);
    assert.deepEqual(sent, [1, 2]);
  });

  it('reordered-frames sends pairs the wrong way round, each production on its own', () => {
    faults.start('reordered-frames');
    send(1, 2, 3, 4, 5);
    assert.deepEqual(sent, [2, 1, 4, 3]);
    faults.stop('reordered-frames');
    send(6);
    assert.deepEqual(sent, [2, 1, 4, 3, 6], 'what was held back is lost');
  });

  it('silence swallows them, garbage keeps only their length', () => {
    faults.start('silence');
    send(1);
    assert.deepEqual(sent, []);
    faults.stop('silence');
    faults.start('garbage');
    const frames: Buffer[] = [];
    wire.frame(Buffer.from('a frame of some length'), 'one', (bytes) => frames.push(bytes));
    assert.equal(frames[0]?.length, 22);
    assert.notEqual(frames[0].toString(), 'a frame of some length');
  });

  it('what is late when the meter closes is never sent, and no timer stays', async () => {
    faults.start('late-frames', { delayMs: 50 });
    send(1);
    wire.close();
    send(2);
    await clock.advance(1000);
    assert.deepEqual([sent, clock.pending], [[], 0]);
  });
});
