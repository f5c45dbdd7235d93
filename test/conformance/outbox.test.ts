import { join } from 'node:path';
import { openOutbox } from '../../src/outbox/disk';
import { MemoryOutbox } from '../../src/outbox/memory';
import { silentLogger } from '../../src/support/logger';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { describeOutbox } from './outbox.suite';

const folder = temporaryFolder('outboxes');
let opened = 0;
const inFolder = (): string => join(folder, String(++opened));

describeOutbox('memory', (limits, clock) => Promise.resolve(new MemoryOutbox(limits, clock)));

describeOutbox('disk', async (limits, clock) => {
  const outbox = openOutbox({ folder: inFolder(), limits, clock, logger: silentLogger });
  await outbox.ready();
  return outbox;
});

describeOutbox('disk, used while it opens, small segments, not synced', (limits, clock) =>
  Promise.resolve(
    openOutbox({ folder: inFolder(), limits, clock, logger: silentLogger, segmentBytes: 300, sync: 'none' }),
  ),
);
