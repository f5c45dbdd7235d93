import assert from 'node:assert/strict';
import { measure } from '../../src/outbox/disk-format';
import { GroupCommit } from '../../src/outbox/group-commit';
import type { Added } from '../../src/outbox/tail';

const record = measure({ payload: 'x', acceptedAt: 0 }, 0);

describe('writes of an outbox', () => {
  for (const isBusy of [false, true])
    for (let after = 0; after < 12; after += 1)
      it(`take turns with a look at its folder, ${isBusy ? 'during a write' : 'idle'}, and an append ${after} turns later`, async () => {
        let atWork = 0;
        let most = 0;
        let end = 0;
        const alone = async (): Promise<void> => {
          atWork += 1;
          most = Math.max(most, atWork);
          for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          atWork -= 1;
        };
        const commits = new GroupCommit(
          async (records) => {
            await alone();
            const from = end;
            end += records.length;
            return { from, to: end } as Added;
          },
          () => new Error('never'),
        );
        const later = async (): Promise<void> => {
          for (let turn = 0; turn < after; turn += 1) await Promise.resolve();
          await commits.append([record]);
          await commits.append([record]);
        };
        const first = isBusy ? commits.append([record]).then(later) : later();
        await Promise.all([commits.between(alone), first]);
        await commits.idle();
        assert.deepEqual([most, end], [1, isBusy ? 3 : 2]);
      });
});
