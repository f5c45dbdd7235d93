import { strict as assert } from 'node:assert';
import type { Quality } from '../../src/domain/quality/quality';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { compareReplayed } from '../../tools/demo/replay';
import type { SeenMetric } from '../../tools/demo/sparkplug-watch';
import { telemetryOf } from '../../testkit/meters/telemetry';

const START = 1_767_600_000_000;
const SECOND = 1000;

function telemetry(second: number, value: number, quality: Quality = 'good'): Telemetry {
  return telemetryOf(START + second * SECOND, { frequency: value }, undefined, { quality });
}

function seen(second: number, value: number | null, over: Partial<SeenMetric> = {}): SeenMetric {
  const timestamp = START + second * SECOND;
  return { device: 'm1', name: 'frequency', value, timestamp, isHistorical: false, quality: 192, reason: '', ...over };
}

const differences = (sent: readonly Telemetry[], had: readonly SeenMetric[]): number =>
  compareReplayed(sent, had).differences.length;

describe('replay of what a Sparkplug host has seen', () => {
  const sent = [telemetry(0, 50), telemetry(1, 50), telemetry(2, 50.1), telemetry(3, 50.2)];

  it('finds every value, also where a change came later as historical', () => {
    const had = [seen(0, 50), seen(3, 50.2), seen(2, 50.1, { isHistorical: true })];
    assert.deepEqual(compareReplayed(sent, had), { compared: 4, differences: [] });
  });

  it('allows what single precision takes', () => {
    assert.equal(differences([telemetry(0, 49.987)], [seen(0, Math.fround(49.987))]), 0);
  });

  it('misses a change that never came, as its time shows', () => {
    const { differences: lost } = compareReplayed(sent, [seen(0, 50), seen(3, 50.2)]);
    assert.equal(lost.length, 1);
    assert.match(lost[0] ?? '', /frequency at .*:02\.000Z was 50\.1 .* had 50 /);
  });

  it('misses a metric that never came, and one that came without a value', () => {
    assert.equal(differences(sent, []), 4);
    assert.equal(differences([telemetry(0, 50)], [seen(0, null)]), 1);
  });

  it('misses a change of quality alone', () => {
    const doubted = [telemetry(0, 50), telemetry(1, 50, 'uncertain')];
    assert.equal(differences(doubted, [seen(0, 50)]), 1);
    assert.equal(differences(doubted, [seen(0, 50), seen(1, 50, { quality: 500 })]), 0);
  });

  it('misses another reason, and a bad sample that was not shown as such', () => {
    const bad = telemetryOf(START + SECOND, { frequency: null }, undefined, { reason: 'overload' });
    const shown = seen(1, null, { quality: 0, reason: 'overload' });
    assert.equal(differences([telemetry(0, 50), bad], [seen(0, 50), shown]), 0);
    for (const wrong of [
      { ...shown, reason: '' },
      { ...shown, value: 50 },
      { ...shown, quality: 500 },
    ]) {
      assert.equal(differences([telemetry(0, 50), bad], [seen(0, 50), wrong]), 1);
    }
  });

  it('leaves failed reads out, which can end the device instead', () => {
    assert.equal(differences([telemetryOf(START, { frequency: null })], []), 0);
  });

  it('takes the value of a first birth for before, when it is the same', () => {
    assert.equal(differences([telemetry(0, 50)], [seen(1, 50)]), 0);
    assert.equal(differences([telemetry(0, 50)], [seen(1, 51)]), 1);
  });
});
