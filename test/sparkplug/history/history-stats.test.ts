import assert from 'node:assert/strict';
import { totalLoss } from '../../../src/delivery/stats';
import type { OutboxStats } from '../../../src/outbox/outbox';
import { Pm500Error } from '../../../src/support/errors';
import { deliveryOf, historyStats } from '../../../src/sparkplug/history/history-stats';

const OUTBOX: OutboxStats = {
  depth: 3,
  bytes: 300,
  oldestAgeMs: 5000,
  dropped: 10,
  droppedForAge: 4,
  damaged: 2,
  position: 7,
  durable: true,
};
const ABSENT = {
  devices: [{ deviceId: 'gone', depth: 20, bytes: 2000, oldestAgeMs: 60_000 }],
  losses: { age: 1, size: 30, damage: 100 },
};

describe('what store and forward tells of itself', () => {
  const stats = historyStats(
    OUTBOX,
    ABSENT,
    { values: 900, records: 30, unreadable: 1000, retries: 9 },
    { unstored: 5, unfit: 7 },
  );

  it('has what waits for absent devices, and each loss under one cause', () => {
    const delivery = deliveryOf(stats, { phase: 'born' }, 8);
    assert.deepEqual(delivery.waiting, { records: 23, bytes: 2300, oldestAgeMs: 60_000 });
    assert.deepEqual(delivery.losses, {
      ...{ age: 4, size: 6, absent: 31, damage: 1102 },
      ...{ notStored: 5, unfit: 7, tooLarge: 8, overwritten: 0, notKept: 0 },
    });
    assert.equal(totalLoss(delivery), 1163);
    assert.deepEqual([delivery.written, delivery.refused, delivery.state], [30, 0, 'sending']);
  });

  it('says whether it sends, waits, has nothing to do, or is closed', () => {
    const empty = historyStats(
      { ...OUTBOX, depth: 0 },
      { ...ABSENT, devices: [] },
      { values: 0, records: 0, unreadable: 0, retries: 0 },
      { unstored: 0, unfit: 0 },
    );
    const refused = new Pm500Error('MQTT_REFUSED', 'no');
    const lost = new Pm500Error('MQTT_CONNECTION_LOST', 'gone');
    assert.equal(deliveryOf(stats, { phase: 'offline' }, 0).state, 'retrying');
    assert.equal(deliveryOf(empty, { phase: 'offline' }, 0).state, 'idle');
    assert.equal(deliveryOf(empty, { phase: 'offline', error: lost }, 0).state, 'retrying', 'nothing would get over');
    assert.equal(deliveryOf(empty, { phase: 'offline', error: refused }, 0).state, 'held', 'only a person can mend it');
    assert.equal(deliveryOf(stats, { phase: 'closed' }, 0).state, 'closed');
  });
});
