import assert from 'node:assert/strict';
import { join } from 'node:path';
import registerOut from '../../nodes/iot-out';
import registerTarget from '../../nodes/iot-target';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { IOT_TELEMETRY } from '../../src/iot/contracts';
import { seededRandom } from '../../src/support/random';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { sampleReading } from '../../testkit/meters/readings';
import { AckBroker } from '../../testkit/mqtt/ack-broker';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DISK_BYTES = 2 * 1024 * 1024;
const SENT = 20;

describe('iot-out on a full disk', function () {
  this.timeout(120_000);
  const userDir = temporaryFolder('iot-full-disk');
  const at = Date.UTC(2026, 0, 5);
  let disk: SmallDisk;
  let broker: AckBroker;
  const nodes: FakeNode[] = [];

  before(async () => {
    disk = makeSmallDisk(join(userDir, 'pm500', 'outbox'), DISK_BYTES);
    console.log(`    (the disk is ${disk.madeOf})`);
    broker = await AckBroker.start();
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.close(true)));
    await broker.stop();
    disk.remove();
    removeFolder(userDir);
  });

  it('refuses messages and says what to do, loses none that it took, and goes on by itself once there is room', async () => {
    broker.answer = () => 'silent';
    const red = new FakeRed({ userDir });
    registerTarget(red.api);
    registerOut(red.api);
    const target = red.create('iot-target', {
      ...{ id: 't', host: '127.0.0.1', port: broker.port, flushMs: 0, timeoutMs: 500, clientId: 'edge' },
    });
    red.configurations.set('t', target);
    const out = red.create('iot-out', { id: 'o', target: 't' });
    nodes.push(target, out);
    const taken: number[] = [];
    const send = async (number: number): Promise<string | undefined> => {
      const telemetry = normalizeReading(sampleReading([101], seededRandom(1), at + number));
      const { error } = await out.receive({ payload: telemetry });
      if (error === undefined) taken.push(at + number);
      return error instanceof Error ? error.message : undefined;
    };
    for (let number = 0; number < SENT; number++) assert.equal(await send(number), undefined);
    disk.fill(true);
    const refusals: string[] = [];
    // The last block of a file may still have room.
    for (let number = SENT; number < 4 * SENT; number++) refusals.push((await send(number)) ?? '');
    assert.match(refusals.at(-1) ?? '', /the disk is full; free space, and it goes on by itself/);
    await waitFor('a status that says it', () => out.lastStatus?.fill === 'red');
    disk.fill(false);
    for (let number = 4 * SENT; number < 5 * SENT; number++) assert.equal(await send(number), undefined);
    broker.answer = () => 0;
    const arrived = (): ReadonlySet<number> =>
      new Set(broker.publishes.map(({ payload }) => IOT_TELEMETRY.parse(JSON.parse(payload)).timestamp));
    await waitFor('every message that was taken', () => taken.every((each) => arrived().has(each)));
    await waitFor('a good status', () => out.lastStatus?.fill === 'green');
    // What was refused was not sent either, so that who sends it again has it once.
    assert.deepEqual(
      [...arrived()].filter((each) => !taken.includes(each)),
      [],
    );
  });
});
