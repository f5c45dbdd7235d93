import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { DiskOutbox } from '../../src/outbox/disk';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ROOT } from '../../testkit/root';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const RECORDS = 3000;
const BATCH = 50;
const SECRET = 'a secret of this site';

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function run(script: string, variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn('sh', [join(ROOT, 'deploy/backup', script), ...args], {
      env: { ...process.env, ...variables },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (status) => {
      resolve({ status, output: output.trim() });
    });
  });
}

const payload = (at: number): string => `m v=${at} ${at}`.padEnd(400, ' ');

describe('backup and restore of files: Node-RED, its outboxes, Mosquitto, certificates', function () {
  this.timeout(120_000);
  const folder = temporaryFolder('files-backup');
  const [nodeRed, conf, data, pm500] = ['node-red', 'mosquitto', 'mosquitto-data', 'pm500'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const variables = {
    NODE_RED_DIR: nodeRed,
    MOSQUITTO_CONF_DIR: conf,
    MOSQUITTO_DATA_DIR: data,
    PM500_CONF_DIR: pm500,
  };
  const root = join(folder, 'other-machine');
  const place = (name: string): string => join(root, name.slice(1));
  const openOutbox = (path: string): DiskOutbox =>
    new DiskOutbox({
      folder: path,
      limits: { maximumBytes: 1e9 },
      segmentBytes: 100_000,
      clock: systemClock,
      logger: silentLogger,
    });
  const outboxes: DiskOutbox[] = [];
  let broker: Mosquitto | undefined;

  after(async () => {
    for (const outbox of outboxes) await outbox.close();
    await broker?.stop();
    removeFolder(folder);
  });

  const persistence = (location: string): readonly string[] => [`persistence_location ${location}/`];

  it('gives back flows, credentials, what waits and what is retained, taken while all of it was at work', async () => {
    for (const made of [join(nodeRed, 'node_modules/big'), join(nodeRed, 'pm500/outbox'), conf, data, pm500])
      mkdirSync(made, { recursive: true });
    const files = { 'flows.json': '[]', 'flows_cred.json': '{"$":"0123"}', 'settings.js': 'module.exports = {}' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(nodeRed, name), text, { mode: 0o600 });
    writeFileSync(join(nodeRed, 'node_modules/big/index.js'), 'x');
    writeFileSync(join(conf, 'passwords'), 'pm500:hash');
    writeFileSync(join(pm500, 'server.key'), SECRET, { mode: 0o600 });

    broker = await startMosquitto({ persistent: true, lines: persistence(data) });
    const client = await connectAsync(broker.url);
    await client.publishAsync('plant/state', 'on', { retain: true, qos: 1 });
    await client.endAsync();

    // A sink takes in and delivers all the while.
    const path = join(nodeRed, 'pm500/outbox/target');
    const live = openOutbox(path);
    outboxes.push(live);
    const over = new AbortController();
    let [accepted, delivered] = [0, 0];
    const take = async (count: number): Promise<void> => {
      const records = Array.from({ length: count }, (_, at) => ({
        payload: payload(accepted + at),
        acceptedAt: Date.now(),
      }));
      await live.append(records);
      accepted += count;
    };
    await take(RECORDS);
    const work = (async (): Promise<void> => {
      while (!over.signal.aborted) {
        await take(BATCH);
        const batch = await live.peek({ maximumRecords: BATCH, maximumBytes: 1e6 });
        await live.acknowledge(batch);
        delivered = batch.to;
      }
    })();
    const before = { accepted, delivered, ms: Date.now() };
    const { status, output } = await run(
      'backup-files.sh',
      { ...variables, MOSQUITTO_PID: String(broker.process.pid) },
      folder,
    );
    const endMs = Date.now();
    over.abort();
    await work;
    assert.equal(status, 0, output);
    assert.equal(statSync(output).mode & 0o777, 0o600, 'it holds every secret');

    // Another machine.
    await broker.stop();
    broker = undefined;
    const lostMs = Date.now();
    const restored = await run('restore-files.sh', { ...variables, RESTORE_ROOT: root }, output);
    assert.equal(restored.status, 0, restored.output);
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(place(join(nodeRed, name)), 'utf8'), text);
    assert.equal(readFileSync(place(join(pm500, 'server.key')), 'utf8'), SECRET);
    assert.equal(statSync(place(join(pm500, 'server.key'))).mode & 0o777, 0o600);
    assert.ok(!existsSync(place(join(nodeRed, 'node_modules'))));

    const again = openOutbox(place(path));
    outboxes.push(again);
    const found: string[] = [];
    for (;;) {
      const batch = await again.peek({ maximumRecords: 1000, maximumBytes: 1e7 });
      if (batch.records.length === 0) break;
      found.push(...batch.records.map((record) => record.payload));
      await again.acknowledge(batch);
    }
    const has = new Set(found);
    for (let at = delivered; at < before.accepted; at += 1) assert.ok(has.has(payload(at)), `record ${at} is gone`);
    assert.equal(has.size, found.length, 'none twice');

    broker = await startMosquitto({ persistent: true, lines: persistence(place(data)) });
    const reader = await connectAsync(broker.url);
    const retained = new Promise((resolve) => {
      reader.on('message', (_, message) => {
        resolve(message.toString());
      });
    });
    await reader.subscribeAsync('plant/#');
    assert.equal(await retained, 'on');
    await reader.endAsync();
    console.log(`      backup and RPO ${endMs - before.ms} ms, RTO ${Date.now() - lostMs} ms`);

    const twice = await run('restore-files.sh', { ...variables, RESTORE_ROOT: root }, output);
    assert.equal(twice.status, 1);
    assert.match(twice.output, /^There are flows in \S+ already .*: move them away first, nothing is overwritten\.$/);
  });

  it('says in one sentence what to do where it cannot be done, and leaves no half of a backup', async () => {
    const refused = async (script: string, sentence: RegExp, more: object, ...args: string[]): Promise<void> => {
      const { status, output } = await run(script, { ...variables, ...more }, ...args);
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.split('\n').length, 1, output);
    };
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await refused('backup-files.sh', /^Say where to/, {});
    await refused(
      'backup-files.sh',
      /^There is no folder .*: set NODE_RED_DIR/,
      { NODE_RED_DIR: join(folder, 'no') },
      folder,
    );
    await refused('backup-files.sh', /cannot be made: check its place/, {}, join(file, 'below'));
    await refused(
      'backup-files.sh',
      /^There is no Mosquitto with the process id/,
      { MOSQUITTO_PID: '999999999' },
      folder,
    );
    await refused('restore-files.sh', /^Say what to restore/, {});
    await refused('restore-files.sh', /is no backup, or not whole/, {}, file);
    await refused('restore-files.sh', /was never finished/, {}, `${file}.part`);
  });
});
