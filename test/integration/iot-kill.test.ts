import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { IOT_TELEMETRY } from '../../src/iot/contracts';
import { seededRandom } from '../../src/support/random';
import { AckBroker, type PublishAnswer } from '../../testkit/mqtt/ack-broker';
import { iotCountingFlow } from '../../testkit/mqtt/iot-counting-flow';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { acknowledgedIn } from '../../testkit/noted-counts';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

/** What the broker does in a life to a share of the messages, one of these to each. */
const FAULTS: readonly (readonly [name: string, share: number, answers: readonly PublishAnswer[]])[] = [
  ['cuts, silence, quotas', 0.2, ['cut', 'unknown id', 'silent', 151, { disconnect: 150 }]],
  ['never an acknowledgment', 1, ['silent']],
  ['not authorized', 1, [135]],
  ['connection refused', 0, []],
];
/** PM500_KILLS=50 for the long form. */
const KILLS = Number(process.env['PM500_KILLS'] ?? String(FAULTS.length));
/** PM500_SEED repeats the moments of a run; its title tells them. */
const SEED = Number(process.env['PM500_SEED'] ?? Date.now() % 1_000_000);
const LONGEST_RUN_MS = 1500;

describe('Node-RED killed at random moments, under faults of its MQTT broker', function () {
  this.timeout(60_000 + KILLS * 20_000);
  let broker: AckBroker;
  let nodeRed: NodeRed | undefined;
  const userDir = temporaryFolder('iot-kills');
  const notes = join(userDir, 'acknowledged.txt');
  /** Numbers of the messages that the broker has acknowledged. */
  const stored: number[] = [];

  before(async () => {
    broker = await AckBroker.start();
    writeFileSync(
      join(userDir, 'flows.json'),
      JSON.stringify(iotCountingFlow({ port: broker.port, clientId: 'edge', flushMs: 20, timeoutMs: 500 }, {}, notes)),
    );
  });

  after(async () => {
    await nodeRed?.stop();
    await broker.stop();
    removeFolder(userDir);
  });

  it(`has every acknowledged record at the broker, once by its key, after ${KILLS} kills (PM500_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    const keys = new Map<string, unknown>();
    let share = 0;
    let faults: readonly PublishAnswer[] = [];
    broker.answer = ({ payload }) => {
      const answer = random() < share ? (faults[Math.floor(random() * faults.length)] ?? 0) : 0;
      const { meter, timestamp, sequence, metrics } = IOT_TELEMETRY.parse(JSON.parse(payload));
      if (answer !== 0 && answer !== 'unknown id') return answer;
      const key = `${meter} ${timestamp} ${sequence}`;
      const number = Number(metrics['frequency']);
      if (!keys.has(key)) stored.push(number);
      else assert.equal(keys.get(key), number, 'a key names one record');
      keys.set(key, number);
      return answer;
    };
    for (let kill = 0; kill < KILLS; kill += 1) {
      const [name, ...of] = FAULTS[kill % FAULTS.length] ?? ['', 0, []];
      [share, faults] = of;
      broker.announced = name === 'connection refused' ? { reasonCode: 136 } : {};
      nodeRed = await startNodeRed({ userDir });
      await pause(random() * LONGEST_RUN_MS);
      nodeRed.channel.close();
      await nodeRed.process.kill();
      nodeRed = undefined;
    }
    share = 0;
    broker.announced = {};
    nodeRed = await startNodeRed({ userDir });
    // Of the last run one, and more than one for each kill: a busy computer leaves a run no time for any.
    const before = Math.max(acknowledgedIn(notes).length, KILLS);
    await waitFor('records of the last run', () => acknowledgedIn(notes).length > before);
    const acknowledged = acknowledgedIn(notes);
    const last = Math.max(...acknowledged);
    await waitFor('the last acknowledged record', () => stored.includes(last));
    const missing = acknowledged.filter((number) => !stored.includes(number));
    assert.deepEqual(missing, [], `${missing.length} of ${acknowledged.length} acknowledged records are missing`);
    assert.equal(new Set(stored).size, stored.length, 'no record has two keys');
    assert.equal(existsSync(join(userDir, 'pm500', 'refused')), false, 'no record was set aside');
  });
});
