import assert from 'node:assert/strict';
import { LossWatch } from '../../src/acquisition/loss-watch';

const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
const good = (assembly: number) => ({ assembly, timestamp: 0 });
const bad = (assembly: number, timestamp: number) => ({ assembly, timestamp, error });

describe('LossWatch', () => {
  it('calls a meter lost at once when all that it was ever asked for has failed, since the first failure', () => {
    const loss = new LossWatch();
    loss.take([good(101), good(107)], true);
    assert.equal(loss.lostSince, undefined);
    loss.take([bad(101, 5), bad(107, 6)], false);
    assert.equal(loss.lostSince, 5);
    loss.take([bad(101, 7)], false);
    assert.equal(loss.lostSince, 5);
    loss.take([bad(101, 8), good(107)], true);
    assert.equal(loss.lostSince, undefined);
  });

  it('takes a reply that is missing for no loss while other groups are not due, and the second in a row for one', () => {
    const loss = new LossWatch();
    loss.take([good(101)], true);
    loss.take([good(107)], true);
    loss.take([bad(101, 5)], false);
    assert.equal(loss.lostSince, undefined);
    loss.take([good(101)], true);
    loss.take([bad(101, 6)], false);
    loss.take([bad(101, 7)], false);
    assert.equal(loss.lostSince, 6);
  });

  it('does not take a group for the meter that alone fails over a connection, however often', () => {
    const loss = new LossWatch();
    loss.take([good(107)], true);
    for (let at = 1; at < 10; at++) loss.take([bad(101, at)], true);
    assert.equal(loss.lostSince, undefined);
    loss.take([bad(107, 10)], true);
    assert.equal(loss.lostSince, 1);
  });

  it('knows of a meter that never answered that it is lost, and tells registers apart from each other', () => {
    const loss = new LossWatch();
    loss.take([{ register: 30_001, timestamp: 3, error }], false);
    assert.equal(loss.lostSince, 3);
    loss.take([{ register: 30_001, timestamp: 4 }], true);
    loss.take([{ register: 30_101, timestamp: 5, error }], true);
    assert.equal(loss.lostSince, undefined);
  });
});
