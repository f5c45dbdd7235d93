import assert from 'node:assert/strict';
import { Receipts, type Receipt } from '../../src/delivery/receipts';
import { Pm500Error } from '../../src/support/errors';

const NONE = { age: 0, size: 0, damage: 0 };

describe('receipts', () => {
  const reason = new Pm500Error('INFLUX_REJECTED', 'bad');

  it('accounts for lines that were written, refused and dropped, message by message', () => {
    const receipts = new Receipts();
    const settled: Receipt[] = [];
    const settle = (receipt: Receipt): void => void settled.push(receipt);
    receipts.await({ from: 10, to: 12 }, settle);
    receipts.await({ from: 12, to: 16 }, settle);
    receipts.await({ from: 16, to: 18 }, settle);
    receipts.noteWritten({ from: 11, to: 13 });
    assert.equal(receipts.noteRejected(13, reason), true);
    receipts.noteWritten({ from: 14, to: 17 });
    receipts.settleBefore(15, { ...NONE, size: 1 });
    assert.deepEqual(settled, [{ written: 1, rejected: [], lost: { ...NONE, size: 1 } }]);
    receipts.settleBefore(18, { ...NONE, size: 2 });
    assert.deepEqual(settled.slice(1), [
      { written: 3, rejected: [reason], lost: NONE },
      { written: 1, rejected: [], lost: { ...NONE, size: 1 } },
    ]);
    receipts.settleBefore(100, { ...NONE, size: 2 });
    assert.equal(settled.length, 3);
  });

  it('tells each message by which cause its lines were lost, also where one is lost by all of them', () => {
    const receipts = new Receipts({ age: 100, size: 100, damage: 100 });
    const lost: Receipt['lost'][] = [];
    for (const from of [0, 10, 20, 30]) receipts.await({ from, to: from + 10 }, (receipt) => lost.push(receipt.lost));
    // The first went for age; of the second some went for room, others could not be read, and one was written.
    receipts.settleBefore(12, { age: 112, size: 100, damage: 100 });
    receipts.settleBefore(15, { age: 112, size: 103, damage: 104 });
    receipts.noteWritten({ from: 15, to: 16 });
    receipts.settleBefore(20, { age: 112, size: 103, damage: 104 });
    // Dropped while they were under way, and written all the same.
    receipts.settleBefore(30, { age: 112, size: 113, damage: 104 });
    receipts.noteWritten({ from: 30, to: 40 });
    receipts.settleBefore(40, { age: 112, size: 113, damage: 104 });
    assert.deepEqual(lost, [
      { age: 10, size: 0, damage: 0 },
      { age: 2, size: 3, damage: 4 },
      { age: 0, size: 10, damage: 0 },
      NONE,
    ]);
  });

  it('knows whether anybody waits for a line', () => {
    const receipts = new Receipts();
    receipts.await({ from: 5, to: 6 }, () => undefined);
    assert.deepEqual([receipts.noteRejected(4, reason), receipts.noteRejected(6, reason)], [false, false]);
  });
});
