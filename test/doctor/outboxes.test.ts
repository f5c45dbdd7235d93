import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import type { OutboxFolder } from '../../src/doctor/facts';
import { readOutboxes } from '../../src/doctor/readers/outboxes';
import { openOutbox } from '../../src/outbox/disk';
import { answerWith } from '../../src/outbox/lock-owner';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('what the doctor reads of', () => {
  const folder = temporaryFolder('doctor-outboxes');
  after(() => {
    removeFolder(folder);
  });

  it('outboxes with what waits and who has them open, and touches nothing', async () => {
    const path = join(folder, 'pm500', 'outbox', 'target');
    const outbox = openOutbox({
      folder: path,
      limits: { maximumBytes: 1e6 },
      clock: systemClock,
      logger: silentLogger,
    });
    await outbox.append([
      { payload: 'a v=1', acceptedAt: Date.now() },
      { payload: 'a v=2', acceptedAt: Date.now() },
    ]);
    const [open] = await readOutboxes(folder);
    assert.equal(open?.id, 'target');
    assert.deepEqual(open.owners.length, 1);
    // Its end was not remembered yet: nothing was acknowledged, and less than a second has passed.
    assert.equal(open.waiting, 2);
    assert.ok(open.bytes > 0);
    // A second process, as the kernel shows it.
    const other = answerWith({ isOwner: true, who: 'process 999 on another computer' });
    other.listen({ path: join(path, 'owner-0123456789abcdef.sock') });
    await once(other, 'listening');
    const [both] = await readOutboxes(folder);
    assert.equal(both?.owners.length, 2);
    other.close();
    await once(other, 'close');
    await outbox.close();
    const [closed] = await readOutboxes(folder);
    assert.deepEqual([closed?.owners, closed?.waiting], [[], 2]);
    assert.ok((closed?.bytes ?? 0) > 0);
    assert.ok(Date.now() - (closed?.oldestMs ?? 0) < 60_000);
    const again = openOutbox({ folder: path, limits: { maximumBytes: 1e6 }, clock: systemClock, logger: silentLogger });
    await again.ready();
    assert.equal(again.stats().depth, 2);
    await again.close();
  });

  it('outboxes of which much is delivered: only the rest waits, and only for as long as the rest', async () => {
    const path = join(folder, 'pm500', 'outbox', 'partly');
    const limits = { maximumBytes: 1e9 };
    const settings = { folder: path, limits, clock: systemClock, logger: silentLogger, segmentBytes: 2000 };
    const outbox = openOutbox(settings);
    const acceptedAt = Date.now() - 86_400_000;
    const look = async (): Promise<OutboxFolder | undefined> =>
      (await readOutboxes(folder)).find(({ id }) => id === 'partly');
    const append = (from: number, count: number): Promise<unknown> =>
      outbox.append(
        Array.from({ length: count }, (_, index) => ({
          payload: 'x'.repeat(1000),
          acceptedAt: acceptedAt + from + index,
        })),
      );
    await append(0, 3);
    const { from } = await outbox.peek({ maximumRecords: 1, maximumBytes: 1e6 });
    await outbox.acknowledge({ from, to: from + 2 });
    const rest = await look();
    assert.deepEqual([rest?.waiting, rest?.oldestMs], [1, acceptedAt + 2]);
    assert.ok((rest?.bytes ?? 0) > 1000 && (rest?.bytes ?? 0) < 1100);
    // Another segment, of which nothing was remembered yet either.
    await append(3, 2);
    const both = await look();
    assert.deepEqual([both?.waiting, both?.oldestMs], [3, acceptedAt + 2]);
    assert.ok((both?.bytes ?? 0) > 3000 && (both?.bytes ?? 0) < 3300);
    await outbox.acknowledge({ from, to: from + 5 });
    const none = await look();
    assert.deepEqual([none?.waiting, none?.bytes, none?.oldestMs], [0, 0, undefined]);
    await outbox.close();
  });
});
