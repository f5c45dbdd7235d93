import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from 'node-red';
import { outboxLimits, takeOutbox, type TakenOutbox } from '../../nodes/shared/outboxes';
import type { OutboxKind } from '../../nodes/shared/outbox-kinds';
import type { OutboxRange } from '../../src/outbox/outbox';
import { hasCode } from '../../src/support/errors';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };

describe('outboxes of configuration nodes', function () {
  this.timeout(60_000);
  let red: FakeRed;
  let userDir: string;
  let said: string[];
  let open: TakenOutbox[];

  beforeEach(() => {
    userDir = temporaryFolder('outboxes');
    red = new FakeRed();
    red.settings.userDir = userDir;
    said = [];
    open = [];
  });

  afterEach(async () => {
    for (const taken of open) await taken.giveBack(true);
    removeFolder(userDir);
  });

  const take = (id: string, kind: OutboxKind = 'disk', name = ''): TakenOutbox => {
    const note = (message: unknown): void => void said.push(String(message));
    const node = { id, name, warn: note, error: note, log: note, debug: note };
    const taken = takeOutbox(red.api, node as unknown as Node, kind, { maximumBytes: 1e6 });
    open.push(taken);
    return taken;
  };
  const giveBack = async (taken: TakenOutbox, removed = false): Promise<void> => {
    open.splice(open.indexOf(taken), 1);
    await taken.giveBack(removed);
  };
  const append = ({ outbox }: TakenOutbox, ...payloads: string[]): Promise<OutboxRange> =>
    outbox.append(payloads.map((payload) => ({ payload, acceptedAt: 1, origin: 'a node' })));
  const payloads = async ({ outbox }: TakenOutbox): Promise<string[]> =>
    (await outbox.peek(ALL)).records.map(({ payload }) => payload);
  const folderOf = (id: string): string => join(userDir, 'pm500', 'outbox', id);

  it('are each in a folder of the user directory that bears the id of the node, whatever is in the id', async () => {
    const taken = [take('a1'), take('../b/c'), take('..')];
    for (const [at, each] of taken.entries()) await append(each, `of ${at}`);
    assert.deepEqual(readdirSync(join(userDir, 'pm500', 'outbox')).sort(), ['%2E%2E', '..%2Fb%2Fc', 'a1']);
    for (const [at, each] of taken.entries()) assert.deepEqual(await payloads(each), [`of ${at}`]);
  });

  it('keep what waits over a deployment and a new name', async () => {
    const before = take('a1', 'disk', 'old name');
    await append(before, 'one', 'two');
    await giveBack(before);
    const after = take('a1', 'disk', 'another name');
    assert.deepEqual(await payloads(after), ['one', 'two']);
    assert.deepEqual(said, []);
  });

  it('have one owner: a second one is refused with the reason, and gets it when the first has gone', async () => {
    const first = take('a1');
    await append(first, 'of the first');
    const second = take('a1');
    const isInUse = (error: unknown): boolean =>
      hasCode(error, 'OUTBOX_IN_USE') &&
      String(error).includes(`${folderOf('a1')} is in use by process ${process.pid}`);
    await assert.rejects(append(second, 'of the second'), isInUse);
    assert.ok(isInUse(second.outbox.stats().problem));
    assert.equal(said.filter((sentence) => sentence.includes('is in use by')).length, 1, 'said once');
    await append(first, 'of the first again');
    await giveBack(first);
    await waitFor('the second owner', () => second.outbox.stats().problem === undefined);
    assert.deepEqual(await payloads(second), ['of the first', 'of the first again']);
  });

  it('go with a removed node when empty, and stay with what waits', async () => {
    const empty = take('a1');
    await empty.outbox.acknowledge(await append(empty, 'delivered'));
    await giveBack(empty, true);
    assert.equal(existsSync(folderOf('a1')), false);
    const full = take('a2');
    await append(full, 'waits');
    await giveBack(full, true);
    assert.equal(existsSync(folderOf('a2')), true);
    assert.match(said.join(), /^1 records still wait in .*a2: bring the removed node back to deliver them, or delete/);
    assert.deepEqual(await payloads(take('a2')), ['waits']);
  });

  it('touch nothing of a removed node whose folder could not be opened', async () => {
    const first = take('a1');
    await append(first, 'waits');
    const second = take('a1');
    await assert.rejects(append(second, 'x'));
    await giveBack(second, true);
    assert.deepEqual(await payloads(first), ['waits']);
  });

  it('say what is wrong with a folder that cannot be made, and open when it can', async () => {
    writeFileSync(join(userDir, 'pm500'), 'a file in the way');
    const taken = take('a1');
    await assert.rejects(append(taken, 'x'), (error) => hasCode(error, 'OUTBOX_UNAVAILABLE'));
    assert.match(said.join(), /cannot be opened: a part of the path is no folder; choose another folder/);
    removeFolder(join(userDir, 'pm500'));
    await waitFor('the outbox', () => taken.outbox.stats().problem === undefined);
    await append(taken, 'y');
    assert.deepEqual(await payloads(taken), ['y']);
  });

  it('in memory keep what waits over a deployment, and say what goes with a removed node', async () => {
    const before = take('m1', 'memory');
    await append(before, 'one', 'two');
    await giveBack(before);
    const after = take('m1', 'memory');
    assert.deepEqual([await payloads(after), after.outbox.stats().durable], [['one', 'two'], false]);
    assert.deepEqual(said, []);
    await giveBack(after, true);
    assert.match(said.join(), /^2 records that still waited in the outbox went with the removed node/);
    assert.deepEqual(await payloads(take('m1', 'memory')), []);
    assert.equal(existsSync(folderOf('m1')), false);
  });

  it('bring what waits in memory to the disk when that is chosen, in order', async () => {
    const before = take('m1', 'memory');
    await append(before, 'one', 'two');
    await giveBack(before);
    const after = take('m1', 'disk');
    await waitFor('what was in memory', () => after.outbox.stats().depth === 2);
    await append(after, 'three');
    assert.deepEqual([await payloads(after), after.outbox.stats().durable], [['one', 'two', 'three'], true]);
    assert.equal((await after.outbox.peek(ALL)).records[0]?.origin, 'a node');
    await giveBack(after);
    assert.deepEqual(await payloads(take('m1', 'disk')), ['one', 'two', 'three']);
  });

  it('leave on the disk what waits there when memory is chosen, say so, and deliver it when the disk is chosen again', async () => {
    const disk = take('a1');
    await append(disk, 'one', 'two');
    await giveBack(disk);
    const memory = take('a1', 'memory');
    assert.equal((await append(memory, 'three')).from, 0, 'it can be used at once');
    await waitFor('the warning', () => said.length > 0);
    const sentence = `2 records wait on the disk in ${folderOf('a1')} and stay there while the outbox is in memory`;
    assert.deepEqual(said, [`${sentence}: choose the disk again to deliver them, or delete the folder.`]);
    await giveBack(memory);
    const again = take('a1');
    await waitFor('all of them', () => again.outbox.stats().depth === 3);
    assert.deepEqual(await payloads(again), ['one', 'two', 'three']);
  });

  it('say nothing of the disk when nothing waits there', async () => {
    const disk = take('a1');
    await disk.outbox.acknowledge(await append(disk, 'delivered'));
    await giveBack(disk);
    await giveBack(take('a1', 'memory'));
    assert.deepEqual(said, []);
  });

  it('are in memory where Node-RED has no user directory', async () => {
    delete red.settings.userDir;
    const taken = take('a1');
    await append(taken, 'x');
    assert.equal(taken.outbox.stats().durable, false);
  });

  it('are limited in megabytes, and in hours where those are not 0', () => {
    assert.deepEqual(outboxLimits(2, 0), { maximumBytes: 2_000_000 });
    assert.deepEqual(outboxLimits(1, 48), { maximumBytes: 1_000_000, maximumAgeMs: 172_800_000 });
  });
});
