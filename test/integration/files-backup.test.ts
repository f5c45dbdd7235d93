import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { connectAsync } from 'mqtt';
import { DiskOutbox } from '../../src/outbox/disk';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ROOT } from '../../testkit/root';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { isRoot } from '../../testkit/servers/stack-folder';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const RECORDS = 3000;
const BATCH = 50;
const SECRET = 'a secret of this site';

const NOBODY = 65534;
/** The user that a service has on another machine. */
const SERVICE = 61_234;

const run = async (
  script: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly status: number | null; readonly output: string }> => {
  const { status, output } = await runScript(join(ROOT, 'deploy/backup', script), { args, env });
  return { status, output: output.trim() };
};

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

  it('takes and gives back what is behind a symbolic link, as systemd makes it for a dynamic user', async () => {
    const state = join(folder, 'units');
    const [linkedRed, linkedData] = [join(state, 'pm500-node-red'), join(state, 'pm500-mosquitto')];
    /** A link to the folder of a service, as it stands below /var/lib. */
    const makeService = (link: string): void => {
      const behind = join(link, '../private', basename(link));
      mkdirSync(behind, { recursive: true });
      symlinkSync(`private/${basename(link)}`, link);
    };
    for (const link of [linkedRed, linkedData]) makeService(link);
    mkdirSync(join(linkedRed, 'pm500'), { mode: 0o700 });
    if (isRoot) chownSync(join(linkedRed, 'pm500'), NOBODY, NOBODY);
    mkdirSync(join(linkedData, 'data'));
    const files = {
      [join(linkedRed, 'flows.json')]: '[]',
      [join(linkedRed, 'pm500/state.json')]: '{}',
      [join(linkedData, 'data/mosquitto.db')]: 'messages',
    };
    for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
    const dirs = { ...variables, NODE_RED_DIR: linkedRed, MOSQUITTO_DATA_DIR: linkedData };
    const { status, output } = await run('backup-files.sh', dirs, join(folder, 'linked'));
    assert.equal(status, 0, output);

    // Below one root the services have their links, below the other nothing is there yet.
    const [withLinks, without] = [join(folder, 'with-links'), join(folder, 'without')];
    for (const link of [linkedRed, linkedData]) {
      makeService(join(withLinks, link));
      if (isRoot) chownSync(join(withLinks, link), SERVICE, SERVICE);
    }
    for (const other of [withLinks, without]) {
      const restored = await run('restore-files.sh', { RESTORE_ROOT: other }, output);
      assert.equal(restored.status, 0, restored.output);
      assert.match(restored.output, /Now npm install in \S+\/pm500-node-red if it has a package\.json/);
      for (const [path, text] of Object.entries(files)) assert.equal(readFileSync(join(other, path), 'utf8'), text);
      const { mode, uid } = statSync(join(other, linkedRed, 'pm500'));
      // Behind a link systemd looks at the owner of the outer folder alone; without one it gives everything to the service.
      const owner = isRoot && other === withLinks ? SERVICE : statSync(join(linkedRed, 'pm500')).uid;
      assert.deepEqual([mode & 0o777, uid], [0o700, owner], `whose the folders are below ${other}`);
      assert.equal(lstatSync(join(other, linkedRed)).isSymbolicLink(), other === withLinks);
      const again = await run('restore-files.sh', { RESTORE_ROOT: other }, output);
      assert.match(again.output, /^There are flows in \S+pm500-node-red already/);
    }
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
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await refused('backup-files.sh', /^There are no flows in .*: set NODE_RED_DIR/, { NODE_RED_DIR: empty }, folder);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
    await refused('restore-files.sh', /^Say what to restore/, {});
    await refused('restore-files.sh', /is no backup, or not whole/, {}, file);
    await refused('restore-files.sh', /was never finished/, {}, `${file}.part`);
  });

  it('who may not read everything gets no backup that lacks it', async () => {
    const place = join(folder, 'others');
    const [open, closed] = [join(place, 'node-red'), join(place, 'pm500')];
    for (const made of [open, closed]) mkdirSync(made, { recursive: true });
    for (const made of [folder, place, open, closed]) chmodSync(made, 0o777);
    writeFileSync(join(open, 'flows.json'), '[]');
    writeFileSync(join(closed, 'secret'), SECRET, { mode: 0o600 });
    if (isRoot) chownSync(join(closed, 'secret'), 0, 0);
    else chmodSync(join(closed, 'secret'), 0);
    const script = join(ROOT, 'deploy/backup/backup-files.sh');
    const attempt = (): Promise<Ended> =>
      runScript(script, {
        args: [join(place, 'backups')],
        env: { ...variables, NODE_RED_DIR: open, MOSQUITTO_DATA_DIR: open, PM500_CONF_DIR: closed },
        ...(isRoot ? { user: NOBODY } : {}),
      });
    for (const [path, mode] of [
      [join(closed, 'secret'), 0o644],
      [closed, 0o777],
    ] as const) {
      const { status, output } = await attempt();
      assert.equal(status, 1, output);
      assert.match(
        output,
        /^Not everything can be read \(.*Permission denied\): run this as root; nothing was backed up\.$/m,
      );
      assert.deepEqual(readdirSync(join(place, 'backups')), []);
      chmodSync(path, mode);
      if (path !== closed) chmodSync(closed, 0o700);
    }
    const { status, output } = await attempt();
    assert.equal(status, 0, output);
  });

  it('of old backups the newest stay, and nothing else is touched', async () => {
    const into = join(folder, 'old');
    mkdirSync(into);
    const days = ['01', '02', '03'].map((day) => `202603${day}T002000Z`);
    const others = ['last-backup.log', '20260304T002000Z.4711.part', 'of-somebody'];
    for (const name of [...days, ...others]) mkdirSync(join(into, name));
    for (const day of days) writeFileSync(join(into, `${day}-files.tar.gz`), '');
    const keep = (kept: string): Promise<{ readonly status: number | null; readonly output: string }> =>
      run('keep.sh', { BACKUPS_KEPT: kept }, into);
    assert.equal((await keep('3')).status, 0);
    assert.equal(readdirSync(into).length, 9);
    assert.equal((await keep('2')).status, 0);
    const left = days.slice(1).flatMap((day) => [day, `${day}-files.tar.gz`]);
    assert.deepEqual(readdirSync(into).sort(), [...left, ...others].sort());
    for (const kept of ['0', 'all', '-1']) assert.match((await keep(kept)).output, /give a whole number, 1 or more/);
    assert.deepEqual(readdirSync(into).sort(), [...left, ...others].sort());
  });
});
