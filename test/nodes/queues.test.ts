import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from 'node-red';
import type { OutboxKind } from '../../nodes/shared/outbox-kinds';
import { takeQueues, type TakenQueues } from '../../nodes/sparkplug-edge/queues';
import { AbsentQueues } from '../../src/sparkplug/history/absent-queues';
import { writeHistoryRecord } from '../../src/sparkplug/history/history-record';
import { systemClock } from '../../src/support/clock';
import { sample } from '../../testkit/sparkplug/samples';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const LIMITS = { maximumBytes: 1e6 };
const ALL = { maximumRecords: 1000, maximumBytes: 1e9 };

describe('queues of devices that are not there, of configuration nodes', function () {
  this.timeout(60_000);
  let red: FakeRed;
  let userDir: string;
  let said: string[];

  beforeEach(() => {
    userDir = temporaryFolder('queues');
    red = new FakeRed();
    red.settings.userDir = userDir;
    said = [];
  });

  afterEach(() => {
    removeFolder(userDir);
  });

  const take = (id: string, kind: OutboxKind): TakenQueues => {
    const note = (message: unknown): void => void said.push(String(message));
    return takeQueues(
      red.api,
      { id, name: '', warn: note, error: note, log: note, debug: note } as unknown as Node,
      kind,
    );
  };
  /** What a deployment with this kind of store finds, after it has put aside what `more` says. */
  const deploy = async (
    id: string,
    kind: OutboxKind,
    more: Readonly<Record<string, readonly number[]>> = {},
    removed = false,
  ): Promise<Record<string, unknown[]>> => {
    const taken = take(id, kind);
    const queues = new AbsentQueues(taken.queues, LIMITS, systemClock);
    await queues.load();
    for (const [deviceId, values] of Object.entries(more)) {
      const records = values.map((value) => ({
        payload: writeHistoryRecord({ deviceId, samples: [sample('a', value)] }),
        acceptedAt: Date.now(),
      }));
      await queues.append(deviceId, records);
    }
    const found: Record<string, unknown[]> = {};
    for (const { deviceId } of queues.devices) {
      const { records } = await queues.peek(deviceId, ALL);
      found[deviceId] = records.map(({ payload }) => (JSON.parse(payload) as unknown[][])[5]?.[0]);
    }
    await queues.close();
    await taken.giveBack(removed);
    return found;
  };

  it('go with the choice of where values are kept, from memory to the disk, in order and before what comes', async () => {
    const inMemory = { A: [1, 2, 3], 'B/ö..': [7] };
    assert.deepEqual(await deploy('q1', 'memory', inMemory), inMemory);
    assert.deepEqual(await deploy('q1', 'disk', { A: [4] }), { A: [1, 2, 3, 4], 'B/ö..': [7] });
    assert.deepEqual(await deploy('q1', 'disk'), { A: [1, 2, 3, 4], 'B/ö..': [7] });
    assert.deepEqual(await deploy('q1', 'memory'), {}, 'they are at one place');
    assert.equal(said.length, 1, said.join());
  });

  it('stay on the disk when memory is chosen, which is said, and are there when the disk is chosen again', async () => {
    await deploy('q2', 'disk', { A: [1], B: [2] });
    assert.deepEqual(await deploy('q2', 'memory', { A: [3] }), { A: [3] });
    assert.match(said.join(), /^Stored values of 2 devices .* wait on the disk in .*q2 and stay there while/);
    assert.deepEqual(await deploy('q2', 'disk'), { A: [1, 3], B: [2] });
  });

  it('stay in memory while the disk cannot be written, and move when it can', async () => {
    await deploy('q3', 'memory', { A: [1] });
    writeFileSync(join(userDir, 'pm500'), 'a file in the way');
    const taken = take('q3', 'disk');
    await assert.rejects(taken.queues.names());
    await taken.giveBack(false);
    assert.match(said.join(), /cannot be moved to the disk yet/);
    removeFolder(join(userDir, 'pm500'));
    assert.deepEqual(await deploy('q3', 'disk'), { A: [1] });
  });

  it('say what goes with a removed node, and what stays on its disk', async () => {
    await deploy('q4', 'memory', { A: [1] }, true);
    assert.match(said.splice(0).join(), /^Stored values of 1 devices that were not there went with the removed node/);
    assert.deepEqual(await deploy('q4', 'memory'), {});
    await deploy('q5', 'disk', { A: [1] }, true);
    assert.match(said.join(), /^Stored values of 1 devices still wait in .*q5: bring the removed node back/);
    assert.ok(existsSync(join(userDir, 'pm500', 'outbox-absent', 'q5')));
  });
});
