import assert from 'node:assert/strict';
import { Receipts, type Receipt } from '../../src/delivery/receipts';
import { Pm500Error } from '../../src/support/errors';

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
    receipts.settleBefore(15);
    assert.deepEqual(settled, [{ written: 1, rejected: [], dropped: 1 }]);
    receipts.settleBefore(18);
    assert.deepEqual(settled.slice(1), [
      { written: 3, rejected: [reason], dropped: 0 },
      { written: 1, rejected: [], dropped: 1 },
    ]);
    receipts.settleBefore(100);
    assert.equal(settled.length, 3);
  });

  it('knows whether anybody waits for a line', () => {
    const receipts = new Receipts();
    receipts.await({ from: 5, to: 6 }, () => undefined);
    assert.deepEqual([receipts.noteRejected(4, reason), receipts.noteRejected(6, reason)], [false, false]);
  });
});
