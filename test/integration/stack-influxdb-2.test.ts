import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { TIERS } from '../../src/influx/tiers/plan';
import { ROOT } from '../../testkit/root';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { StackFolder } from '../../testkit/servers/stack-folder';
import { temporaryFolder } from '../../testkit/temporary-folder';

const SCRIPT = join(ROOT, 'deploy/compose/influxdb-setup.sh');
const INFLUX = join(ROOT, 'testkit/servers/influx-2-process.ts');

interface State {
  readonly buckets: Readonly<Record<string, string>>;
  readonly kept: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, string>>;
  readonly dbrp: readonly { readonly rp: string; readonly bucket: string; readonly isDefault: boolean }[];
  readonly users: Readonly<
    Record<string, { readonly password: string; readonly read: string[]; readonly write: string[] }>
  >;
  readonly tokens: readonly { readonly write: readonly string[]; readonly token: string }[];
  readonly adminPassword: string;
  readonly queries?: readonly string[];
}

const DAY_MS = 86_400_000;

const NOTHING: State & { readonly made: number } = {
  buckets: {},
  kept: {},
  tasks: {},
  dbrp: [],
  users: {},
  tokens: [],
  adminPassword: '',
  made: 0,
};

/** InfluxDB 2 is not to be had here: what answers is a stand-in for its command line and its API, made from its reference. */
describe('InfluxDB 2 of the Compose stack, with a stand-in for its command line', function () {
  // Some hundred commands of a shell, each a process: a minute on a slow computer.
  this.timeout(300_000);
  let stack: StackFolder;
  let folder: string;
  let program: string;
  let api: Server;

  before(async () => {
    api = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const status = takePassword(request.url ?? '', request.headers.authorization ?? '', body);
        response.writeHead(status).end(status === 204 ? '' : '{"code":"unauthorized"}');
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    // The script calls it a hundred times: translated once, it starts at once.
    program = join(temporaryFolder('influx-program'), 'influx.cjs');
    buildSync({ entryPoints: [INFLUX], outfile: program, platform: 'node', format: 'cjs', logLevel: 'error' });
  });

  after(() => {
    api.close();
  });

  /** What the API does with a password; returns the status of its answer. */
  const takePassword = (path: string, authorization: string, body: string): number => {
    if (authorization !== `Token ${stack.secret('influx_admin_token')}`) return 401;
    const { password } = JSON.parse(body) as { readonly password: string };
    const now = existsSync(join(folder, 'state.json')) ? state() : NOTHING;
    const [, name = ''] = /^\/private\/legacy\/authorizations\/id-of-([\w-]+)\/password$/.exec(path) ?? [];
    const user = now.users[name];
    if (path !== '/api/v2/users/id-of-admin/password' && user === undefined) return 404;
    const then =
      user === undefined
        ? { ...now, adminPassword: password }
        : { ...now, users: { ...now.users, [name]: { ...user, password } } };
    writeFileSync(join(folder, 'state.json'), JSON.stringify(then));
    return 204;
  };

  beforeEach(async () => {
    stack = await StackFolder.create();
    assert.equal((await stack.bootstrap()).status, 0);
    folder = temporaryFolder('influx-2');
    writeFileSync(join(folder, 'influx'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(join(folder, 'influx'), 0o755);
  });

  afterEach(() => {
    stack.remove();
  });

  const run = (script: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
    runScript(script, {
      args,
      env: {
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        INFLUX_HOST: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
        INFLUX_STATE: join(folder, 'state.json'),
        INFLUX_ACCEPTS: stack.secret('influx_admin_token'),
        PM500_SECRETS: stack.path('secrets'),
        PM500_INFLUX_FOLDER: join(ROOT, 'deploy/influxdb'),
        PM500_TOKEN_FILE: join(folder, 'token'),
        ...env,
      },
    });
  const setUp = (env: Readonly<Record<string, string>> = {}): Promise<Ended> => run(SCRIPT, [], env);
  const repairKept = (keep: string, ...days: readonly string[]): Promise<Ended> =>
    run(join(ROOT, 'deploy/influxdb/repair-v2.sh'), days, {
      INFLUX_TOKEN: stack.secret('influx_admin_token'),
      TIME_ZONE: 'Europe/Berlin',
      INFLUX_KEEP: keep,
    });
  const repair = (...days: readonly string[]): Promise<Ended> => repairKept('', ...days);
  const state = (): State => JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as State;

  it('has every tier by its InfluxQL name, users that may no more than they need, and a token to write', async () => {
    // Every character that a secret may have.
    const odd = { input: `${String.raw`Correct"Horse\Battery'Staple$42`}\n` };
    assert.equal((await stack.bootstrap(['set', 'influx_reader_password'], odd)).status, 0);
    // A site that keeps minutes for half a year and quarters for ever.
    const { status, output } = await setUp({ INFLUX_KEEP: '1m=180d,15m=INF' });
    assert.equal(status, 0, output);
    assert.match(output, /InfluxDB is ready: InfluxQL database energy/);
    const first = state();
    assert.deepEqual(
      first.dbrp.map(({ rp, bucket, isDefault }) => [rp, bucket, isDefault]),
      TIERS.map(({ name }) => [name, first.buckets[`energy_${name}`], name === 'raw']),
    );
    const tasks = ['powermonitor_500', 'powermonitor_500_kpi', 'powermonitor_500_alarm'].flatMap((name) =>
      ['1m', '15m', 'day', 'month', '1m repair', '15m repair'].map((what) => `${name} ${what}`),
    );
    assert.deepEqual(Object.keys(first.tasks).sort(), tasks.sort());
    const raw = first.buckets['energy_raw'] ?? '';
    const { 'pm500-writer': writer, 'pm500-reader': reader, ...others } = first.users;
    assert.deepEqual(others, {});
    assert.deepEqual(writer, { password: stack.secret('influx_writer_password'), read: [], write: [raw] });
    assert.deepEqual(reader, {
      password: stack.secret('influx_reader_password'),
      read: TIERS.map(({ name }) => first.buckets[`energy_${name}`]),
      write: [],
    });
    assert.deepEqual(
      first.tokens.map(({ write }) => write),
      [[raw]],
    );
    assert.equal(readFileSync(join(folder, 'token'), 'utf8').trim(), first.tokens[0]?.token);
    assert.equal(statSync(join(folder, 'token')).mode & 0o777, 0o600);
    const kept = ({ buckets, kept: times }: State): unknown =>
      TIERS.map(({ name }) => times[buckets[`energy_${name}`] ?? '']);
    const planned = TIERS.map(({ keepDays }) => (keepDays === 0 ? '0' : `${keepDays * 24}h`));
    assert.deepEqual(kept(first), [planned[0], '4320h', '0', ...planned.slice(3)]);
    assert.equal((await setUp()).status, 0);
    assert.deepEqual(kept(state()), planned);
    assert.deepEqual({ ...state(), kept: first.kept }, first);
  });

  it('rotated passwords count after the next run, and what was removed is there again', async () => {
    assert.equal((await setUp()).status, 0);
    const first = state();
    for (const name of ['influx_reader_password', 'influx_writer_password', 'influx_admin_password'])
      assert.equal((await stack.bootstrap(['rotate', name])).status, 0);
    writeFileSync(join(folder, 'state.json'), JSON.stringify({ ...first, dbrp: first.dbrp.slice(2) }));
    rmSync(join(folder, 'token'));
    assert.equal((await setUp()).status, 0);
    const then = state();
    assert.equal(then.users['pm500-reader']?.password, stack.secret('influx_reader_password'));
    assert.equal(then.users['pm500-writer']?.password, stack.secret('influx_writer_password'));
    assert.equal(then.adminPassword, stack.secret('influx_admin_password'));
    assert.equal(then.dbrp.length, TIERS.length);
    assert.equal(then.tokens.length, 1, 'the token whose file is gone counts no more');
    assert.notEqual(then.tokens[0]?.token, first.tokens[0]?.token);
  });

  it('makes tiers again for a time by the queries of the tasks, minutes before quarters before days', async () => {
    assert.equal((await setUp()).status, 0);
    const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
    const ended = await repair(day(5), day(4));
    assert.equal(ended.status, 0, ended.output);
    const queries = state().queries ?? [];
    const made = queries.map((text) => {
      assert.doesNotMatch(text, /option task|now\(\)|@time zone@/);
      const [, tier = ''] = /to\(bucket: "energy_(\w+)"\)/.exec(text) ?? [];
      const [from = '', to = ''] = [...text.matchAll(/_time = date\.truncate\(t: (\S+), unit: /g)].map(
        ([, time = '']) => time,
      );
      if (['day', 'month'].includes(tier)) assert.match(text, /timezone\.location\(name: "Europe\/Berlin"\)/);
      // Days and months are made up to now.
      return `${tier} ${from} ${['day', 'month'].includes(tier) ? '' : to}`;
    });
    const time = (ago: number): string => `${day(ago)}T00:00:00Z`;
    const windows = [5, 4].flatMap((ago) => ['1m', '15m'].map((tier) => `${tier} ${time(ago)} ${time(ago - 1)}`));
    const periods = ['day', 'month'].map((tier) => `${tier} ${time(5)} `);
    assert.deepEqual(
      made,
      [...windows, ...periods].flatMap((each) => [each, each, each]),
    );
    for (const [days, sentence] of [
      [[], /^"" is no day: give one such as 2026-03-12\.$/m],
      [['2026-13-01'], /^2026-13-01 is no day/],
      [[day(1), 'today'], /^"today" is no day/],
      [[day(-2)], /ends before it begins/],
      [[day(40)], /Raw points are kept for 30 days: give a first day of the last 29/],
    ] as const) {
      const { status, output } = await repair(...days);
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
    }
    assert.match(
      (await repairKept('1m=INF,raw=20d', day(25))).output,
      /kept for 20 days: give a first day of the last 19/,
    );
    assert.match((await repairKept('raw=long', day(1))).output, /^INFLUX_KEEP has raw=long: give tiers of raw, 1m/);
    for (const keep of ['raw=60d', 'raw=INF']) {
      const made = await repairKept(keep, day(40), day(40));
      assert.equal(made.status, 0, made.output);
    }
    const { status, output } = await run(join(ROOT, 'deploy/influxdb/repair-v2.sh'), [day(1)], { INFLUX_TOKEN: 'no' });
    assert.equal(status, 1);
    assert.match(output, /^InfluxDB 2 does not make v2\/powermonitor_500-1m\.flux .*unauthorized access\): see that/);
  });

  it('a list that does not come is no empty one, of which everything is made again', async () => {
    const made = { ...NOTHING, tasks: { 'powermonitor_500 1m': '01' } };
    for (const [refused, sentence] of [
      ['task list', /^InfluxDB 2 refuses "influx task list" \(Error: failed to do that\): /],
      ['bucket create', /^InfluxDB 2 refuses "influx bucket create" \(Error: failed to do that\): /],
    ] as const) {
      writeFileSync(join(folder, 'state.json'), JSON.stringify(made));
      const { status, output } = await runScript(join(ROOT, 'deploy/influxdb/bootstrap-v2.sh'), {
        env: {
          PATH: `${folder}:${process.env['PATH'] ?? ''}`,
          INFLUX_STATE: join(folder, 'state.json'),
          INFLUX_ACCEPTS: 'token',
          INFLUX_TOKEN: 'token',
          INFLUX_REFUSES: refused,
        },
      });
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
      assert.deepEqual(state().tasks, made.tasks, refused);
    }
  });

  it('says in one sentence what is wrong: token, secret, server', async () => {
    const refused = async (env: Readonly<Record<string, string>>, sentence: RegExp): Promise<void> => {
      const { status, output } = await setUp(env);
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
      assert.ok(!existsSync(join(folder, 'token')) && !existsSync(join(folder, 'state.json')), 'nothing is half made');
    };
    await refused(
      { INFLUX_ACCEPTS: 'another' },
      /refuses the token in secrets\/influx_admin_token: it was set up with another/,
    );
    await refused({ INFLUX_IS_DOWN: 'yes' }, /does not answer/);
    await refused({ PM500_SECRETS: '/nowhere' }, /The secret influx_admin_token cannot be read: run bootstrap\.sh/);
  });
});
