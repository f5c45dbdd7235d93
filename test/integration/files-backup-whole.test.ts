import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../testkit/root';
import { runScript } from '../../testkit/servers/shell';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

interface Site {
  readonly folder: string;
  readonly nodeRed: string;
  readonly conf: string;
  readonly pm500: string;
}

describe('a backup of files lacks nothing in silence, and a restore takes nothing away', function () {
  this.timeout(60_000);
  const folders: string[] = [];
  after(() => {
    folders.forEach(removeFolder);
  });

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const newSite = (): Site => {
    const folder = temporaryFolder('whole');
    folders.push(folder);
    const site = {
      folder,
      nodeRed: join(folder, 'jürgen/node-red'),
      conf: join(folder, 'mosquitto'),
      pm500: join(folder, 'pm500'),
    };
    write(join(site.nodeRed, 'flows.json'), '[]');
    write(join(site.nodeRed, 'settings.js'), `module.exports = { flowFile: 'flows.json' };`);
    write(join(site.nodeRed, 'pm500/outbox/one/segment-1'), 'waits');
    write(join(site.conf, 'mosquitto.conf'), 'port 1883');
    write(join(site.pm500, 'secret'), 'a secret');
    return site;
  };
  /** As cron does it: in whatever folder, without a language. */
  const run = async (
    site: Site,
    script: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number | null; readonly output: string }> => {
    const variables = { NODE_RED_DIR: site.nodeRed, MOSQUITTO_CONF_DIR: site.conf, PM500_CONF_DIR: site.pm500 };
    const { status, output } = await runScript(join(ROOT, 'deploy/backup', script), {
      args,
      env: { ...variables, LC_ALL: 'C', ...env },
    });
    return { status, output: output.trim() };
  };
  const backUp = async (site: Site, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { status, output } = await run(site, 'backup-files.sh', [join(site.folder, 'backups')], env);
    assert.equal(status, 0, output);
    return output;
  };
  const refuse = async (
    site: Site,
    script: string,
    args: readonly string[],
    sentence: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const { status, output } = await run(site, script, args, env);
    assert.equal(status, 1, output);
    assert.match(output, sentence);
    assert.equal(output.split('\n').length, 1, output);
  };
  const refuseBackup = async (
    site: Site,
    sentence: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    await refuse(site, 'backup-files.sh', [join(site.folder, 'backups')], sentence, env);
    assert.deepEqual(readdirSync(join(site.folder, 'backups')), []);
  };
  const unpack = (site: Site, archive: string): string => {
    const other = join(site.folder, 'unpacked');
    mkdirSync(other, { recursive: true });
    execFileSync('tar', ['-xzf', archive, '-C', other]);
    return join(other, site.folder);
  };

  it('has the folders that are named from where one stands, and names with a backslash', async () => {
    const site = newSite();
    write(join(site.nodeRed, 'lib/flows/night\\today.json'), 'kept');
    const standing = process.cwd();
    process.chdir(site.folder);
    try {
      const archive = await backUp(site, {
        NODE_RED_DIR: 'jürgen/node-red',
        MOSQUITTO_CONF_DIR: './mosquitto',
        PM500_CONF_DIR: 'pm500/',
      });
      const there = unpack(site, archive);
      assert.equal(readFileSync(join(there, 'pm500/secret'), 'utf8'), 'a secret');
      assert.equal(readFileSync(join(there, 'mosquitto/mosquitto.conf'), 'utf8'), 'port 1883');
      assert.equal(readFileSync(join(there, 'jürgen/node-red/lib/flows/night\\today.json'), 'utf8'), 'kept');
    } finally {
      process.chdir(standing);
    }
  });

  it('is refused where a folder that was named is not there', async () => {
    const site = newSite();
    mkdirSync(join(site.folder, 'backups'));
    for (const variable of ['MOSQUITTO_CONF_DIR', 'MOSQUITTO_DATA_DIR', 'PM500_CONF_DIR'])
      await refuse(
        site,
        'backup-files.sh',
        [join(site.folder, 'backups')],
        new RegExp(`^There is no folder \\S+/typo: correct ${variable}, or leave it empty`),
        { [variable]: join(site.folder, 'typo') },
      );
  });

  it('has the certificate that a link names, and is refused where state of a service lies behind one', async () => {
    const site = newSite();
    const certificate = join(site.folder, 'renewed/fullchain.pem');
    write(certificate, 'certificate');
    chmodSync(certificate, 0o640);
    symlinkSync(certificate, join(site.folder, 'renewed/live.pem'));
    symlinkSync('../renewed/live.pem', join(site.conf, 'server.pem'));
    const there = unpack(site, await backUp(site));
    assert.equal(readFileSync(join(there, 'mosquitto/server.pem'), 'utf8'), 'certificate');
    assert.match(execFileSync('ls', ['-l', join(there, 'mosquitto/server.pem')], { encoding: 'utf8' }), /^-rw-r-----/);
    rmSync(join(site.folder, 'backups'), { recursive: true });

    for (const name of ['flows.json', 'pm500', 'pm500/outbox']) {
      const [path, elsewhere] = [join(site.nodeRed, name), join(site.folder, 'elsewhere')];
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      await refuseBackup(site, /^\S+ is a link, and what is behind links is not taken: put in its place what it names/);
      rmSync(path);
      renameSync(elsewhere, path);
    }
    symlinkSync(join(site.folder, 'renewed'), join(site.pm500, 'certificates'));
    await refuseBackup(site, /^\S+pm500\/certificates is a link/);
  });

  it('is refused where the name of a file has a line break, whatever lines it makes', async () => {
    const site = newSite();
    for (const folder of [site.nodeRed, site.conf, site.pm500])
      for (const name of ['x\n/--exclude=*secret*', 'x\n/-C..', 'x\n/etc/profile.d/evil.sh', 'x\n']) {
        write(join(folder, name, 'file'), 'smuggled');
        await refuseBackup(site, /^The name of \S+\/x\? has a line break \(shown as \?\): rename or remove it/);
        rmSync(join(folder, 'x\n'), { recursive: true });
      }
    // What is not taken may be called as it likes.
    write(join(site.nodeRed, 'node_modules/x\n/--exclude=*secret*'), '');
    assert.equal(readFileSync(join(unpack(site, await backUp(site)), 'pm500/secret'), 'utf8'), 'a secret');
  });

  it('is refused where projects, the library or the context lie behind a link, in part or whole', async () => {
    const site = newSite();
    for (const name of [
      'projects',
      'projects/plant',
      'projects/plant/flow.json',
      'projects/plant/docs',
      'lib',
      'lib/flows',
      'lib/flows/night.json',
      'context',
      'context/global',
      'context/global/global.json',
    ]) {
      const [path, elsewhere] = [join(site.nodeRed, name), join(site.folder, 'elsewhere')];
      write(elsewhere, '[]');
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(elsewhere, path);
      await refuseBackup(site, new RegExp(`^\\S+${name} is a link, and what is behind links is not taken`));
      rmSync(join(site.nodeRed, name.split('/')[0] ?? ''), { recursive: true });
    }
    mkdirSync(join(site.nodeRed, 'projects/plant/node_modules/.bin'), { recursive: true });
    symlinkSync(site.folder, join(site.nodeRed, 'projects/plant/node_modules/.bin/tool'));
    await backUp(site);
  });

  it('is not restored over outboxes, states or flows of any name that are there', async () => {
    const site = newSite();
    write(join(site.nodeRed, 'plant.json'), '[]');
    const archive = await backUp(site);
    const waiting = join(site.nodeRed, 'pm500/outbox/one/segment-1');
    writeFileSync(waiting, 'waits since then');
    const restore = (sentence: RegExp): Promise<void> => refuse(site, 'restore-files.sh', [archive], sentence);
    await restore(/^There are flows in \S+ already/);
    rmSync(join(site.nodeRed, 'flows.json'));
    await restore(/^There is \S+plant\.json already: move it away first/);
    rmSync(join(site.nodeRed, 'plant.json'));
    await restore(/^There are outboxes and states in \S+pm500 already: move that folder away first, and keep it/);
    assert.equal(readFileSync(waiting, 'utf8'), 'waits since then');
    renameSync(join(site.nodeRed, 'pm500'), join(site.folder, 'kept'));
    const { status, output } = await run(site, 'restore-files.sh', [archive]);
    assert.equal(status, 0, output);
    assert.match(output, /^Restored [^\n]*$/);
    assert.equal(readFileSync(waiting, 'utf8'), 'waits');
  });

  it('says which flows another computer does not look for', async () => {
    const site = newSite();
    writeFileSync(join(site.nodeRed, 'settings.js'), `module.exports = {\n  //flowFile: 'flows.json',\n};`);
    for (const [name, isTold] of [
      ['flows_edge-1.json', true],
      [`flows_${hostname()}.json`, false],
    ] as const) {
      for (const old of readdirSync(site.nodeRed).filter((each) => each.startsWith('flows')))
        rmSync(join(site.nodeRed, old));
      write(join(site.nodeRed, name), '[]');
      write(join(site.nodeRed, name.replace('.json', '_cred.json')), '{}');
      rmSync(join(site.folder, 'backups'), { recursive: true, force: true });
      const archive = await backUp(site);
      const { status, output } = await run(site, 'restore-files.sh', [archive], {
        RESTORE_ROOT: join(site.folder, name),
      });
      assert.equal(status, 0, output);
      assert.equal(
        output.includes('The flows in flows_edge-1.json are called after the other computer: set flowFile'),
        isTold,
      );
      assert.equal(output.split('\n').length, isTold ? 2 : 1, output);
    }
  });

  it('of a night in which the clock was wrong takes the place of no other, and is said', async () => {
    const site = newSite();
    const into = join(site.folder, 'backups');
    const made = ['20260301T002000Z', '20260302T002000Z', '20260303T002000Z'];
    const toCome = ['20990101T000000Z', '20990102T000000Z'];
    for (const name of [...made, ...toCome]) mkdirSync(join(into, name), { recursive: true });
    const { status, output } = await run(site, 'keep.sh', [into], { BACKUPS_KEPT: '2' });
    assert.equal(status, 0, output);
    assert.deepEqual(readdirSync(into).sort(), [...made.slice(1), ...toCome]);
    const told = output.split('\n');
    assert.equal(told.length, 2, output);
    assert.match(told[0] ?? '', /20990101T000000Z is of a time still to come, so one of the clocks was wrong/);
  });

  it('that was just made stays, also where another is called after an hour still to come', async () => {
    const site = newSite();
    const into = join(site.folder, 'backups');
    const called = (hours: number): string =>
      `${new Date(Date.now() + hours * 3_600_000).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-files.tar.gz`;
    const [old, ahead, made] = [called(-24), called(20), called(0)];
    for (const [age, name] of [old, ahead, made].reverse().entries()) {
      write(join(into, name), name);
      utimesSync(join(into, name), new Date(), new Date(Date.now() - age * 60_000));
    }
    const { status, output } = await run(site, 'keep.sh', [into], { BACKUPS_KEPT: '1' });
    assert.deepEqual({ status, output }, { status: 0, output: '' });
    assert.deepEqual(readdirSync(into), [made]);
  });

  it('of a time still to come is not the newest that alerts go by', async () => {
    const site = newSite();
    const into = join(site.folder, 'backups');
    for (const name of ['20260303T002000Z', '20990101T000000Z']) mkdirSync(join(into, name), { recursive: true });
    let told = '';
    const server = createServer((request, response) => {
      request.on('data', (data: Buffer) => (told += data.toString()));
      request.on('end', () => response.writeHead(204).end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const env = { METRICS_URL: `http://127.0.0.1:${port}`, SERVICE_RESULT: 'success', BACKUP_DAYS: '7' };
      const { status, output } = await run(site, 'tell.sh', ['influxdb', into], env);
      assert.equal(status, 0, output);
    } finally {
      server.close();
    }
    const made = Date.parse('2026-03-03T00:20:00Z') / 1000;
    assert.match(told, new RegExp(`^pm500_backup_time_seconds\\{part="influxdb"\\} ${made}$`, 'm'));
    assert.match(told, new RegExp(`^pm500_backup_due_seconds\\{part="influxdb"\\} ${made + 7 * 86_400}$`, 'm'));
  });
});
