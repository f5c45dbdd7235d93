import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { MeterTest } from '../../src/acquisition/meter-test/test-meter';
import { parseFlows } from '../../src/doctor/flows/saved-nodes';
import { readMeters, type SavedMeter } from '../../src/doctor/flows/saved-meters';
import { readBrokers } from '../../src/doctor/readers/brokers';
import { readCertificates } from '../../src/doctor/readers/certificates';
import { readMetersNow } from '../../src/doctor/readers/meters';
import { loadSettings } from '../../src/doctor/readers/settings-file';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);
const TIME = { clock: systemClock, signal: NEVER };

describe('what the doctor reads', () => {
  const folder = temporaryFolder('doctor-readers');
  after(() => {
    removeFolder(folder);
  });

  const settingsFile = (text: string): string => {
    const path = join(folder, 'settings.js');
    writeFileSync(path, text);
    return path;
  };

  it('settings.js, whatever it prints and sets', async () => {
    const text = `console.log('noise'); console.error('more');
      process.env.PLANT = 'hamburg';
      module.exports = { uiPort: 1881, adminAuth: { default: { permissions: 'read' } }, credentialSecret: 'abc', https: {} };`;
    const loaded = await loadSettings(settingsFile(text), NEVER);
    assert.ok('seen' in loaded);
    const { settings, credentialSecret, environment } = loaded.seen;
    assert.equal(environment['PLANT'], 'hamburg');
    assert.equal(credentialSecret, 'abc');
    assert.deepEqual(
      [settings.uiPort, settings.hasAdminAuth, settings.anonymousPermissions, settings.hasHttps],
      [1881, true, 'read', true],
    );
    assert.deepEqual([settings.credentialSecret, settings.credentialSecretLength], ['own', 3]);
  });

  it('settings.js that fails, ends the process or never ends: with the reason', async () => {
    const thrown = await loadSettings(settingsFile('throw new TypeError("no secret here")'), NEVER);
    assert.match('unseen' in thrown ? thrown.unseen.text : '', /TypeError: no secret here/);
    const ended = await loadSettings(settingsFile('console.error("run bootstrap.sh"); process.exit(1)'), NEVER);
    assert.match('unseen' in ended ? ended.unseen.text : '', /run bootstrap\.sh/);
    const endless = await loadSettings(settingsFile('for (;;) {}'), AbortSignal.timeout(200));
    assert.match('unseen' in endless ? endless.unseen.text : '', /ended after its time/);
  });

  it('flows: what is switched off counts for nothing, and variables have the value of their flow first', () => {
    const flows = [
      { id: 'a', type: 'tab', env: [{ name: 'HOST', value: '10.0.0.1', type: 'str' }] },
      { id: 'b', type: 'tab', disabled: true },
      {
        id: 'g',
        type: 'global-config',
        env: [
          { name: 'HOST', value: '10.0.0.2' },
          { name: 'PORT', value: 502 },
        ],
      },
      { id: 'poll', type: 'pm500-poll', z: 'a', meter: '${HOST}', fleetFile: '${NOBODY}', shard: '$(PORT)' },
      { id: 'off', type: 'pm500-poll', z: 'a', d: true },
      { id: 'gone', type: 'pm500-poll', z: 'b' },
    ];
    const { nodes, ids } = parseFlows(JSON.stringify(flows), () => undefined);
    const polls = nodes.filter(({ type }) => type === 'pm500-poll');
    assert.deepEqual(
      polls.map(({ id }) => id),
      ['poll'],
    );
    const [poll] = polls;
    assert.deepEqual(
      [poll?.values['meter'], poll?.values['shard'], poll?.values['intervalMs']],
      ['10.0.0.1', '502', 1000],
    );
    assert.deepEqual(poll?.unset, ['NOBODY']);
    assert.ok(ids.has('gone'));
    assert.throws(() => parseFlows('{}', () => undefined), /no list of nodes/);
    assert.throws(() => parseFlows('[', () => undefined));
  });

  it('meters of nodes, lists and files, and says what cannot be used', () => {
    const flows = [
      { id: 'm', type: 'pm500-meter', name: 'one', host: '10.0.0.1' },
      { id: 'p', type: 'pm500-poll', meter: 'm', groups: ['realtime', 'energy'], groupIntervals: { energy: '10000' } },
      { id: 'l', type: 'pm500-poll', source: 'list', fleet: [{ name: 'two', host: '10.0.0.2' }, { name: 'three' }] },
      { id: 'f', type: 'pm500-poll', source: 'file', fleetFile: 'meters.csv' },
      { id: 'x', type: 'pm500-poll', source: 'file', fleetFile: 'missing.csv' },
      { id: 'd', type: 'pm500-poll', source: 'list', fleet: [{ name: 'five', host: '10.0.0.5' }], mode: 'message' },
    ];
    const { nodes } = parseFlows(JSON.stringify(flows), () => undefined);
    const { meters, problems } = readMeters(PM500, nodes, (path) => {
      if (path !== 'meters.csv') throw new Error('there is no such file');
      return 'name,host,intervalMs\nfour,10.0.0.4,5000\n';
    });
    assert.deepEqual(
      meters.map(({ choice, address }) => [choice.name, address]),
      [
        ['one', '10.0.0.1:44818'],
        ['two', '10.0.0.2:44818'],
        ['four', '10.0.0.4:44818'],
        ['five', '10.0.0.5:44818'],
      ],
    );
    assert.deepEqual(
      meters.map(({ readers }) => readers[0]?.schedules.map(({ intervalMs }) => intervalMs)),
      [[1000, 10_000], [1000], [5000], []],
    );
    assert.equal(problems.length, 2);
  });

  describe('meters now', () => {
    const meter = (name: string, change: Partial<SavedMeter['choice']> = {}, intervalMs = 1000): SavedMeter => ({
      choice: { name, host: name, ...change },
      address: `${name}:${change.port ?? 44_818}`,
      host: name,
      readers: [{ label: 'poll', schedules: [{ intervalMs, groups: ['realtime'] }] }],
    });
    const answer: MeterTest = { where: '', notes: [] };

    it('are each asked once, a few at a time', async () => {
      let atOnce = 0;
      let most = 0;
      const asked: string[] = [];
      const meters = Array.from({ length: 50 }, (_, index) => meter(`10.0.0.${index % 40}`));
      const found = await readMetersNow(
        meters,
        200,
        async ({ name }) => {
          asked.push(name);
          most = Math.max(most, ++atOnce);
          await Promise.resolve();
          atOnce--;
          return answer;
        },
        TIME,
      );
      assert.equal(found.length, 40);
      assert.equal(new Set(asked).size, 40);
      assert.equal(asked.length, 40);
      assert.ok(most <= 16);
    });

    it('are asked where twice the limit fits in, or nobody reads them', async () => {
      const meters = [
        meter('10.0.0.1', {}, 400),
        meter('10.0.0.2', { minimumReadIntervalMs: 1000 }, 2000),
        { ...meter('10.0.0.3'), readers: [] },
      ];
      const found = await readMetersNow(meters, 200, () => Promise.resolve(answer), TIME);
      assert.ok(found.every(({ test }) => 'seen' in test));
    });

    it('are not asked where that would disturb somebody, and that is said', async () => {
      const meters = [
        meter('10.0.0.1', { transport: 'modbus-tcp', port: 502 }),
        meter('10.0.0.1'),
        meter('/dev/ttyUSB0', { transport: 'modbus-rtu' }),
        meter('10.0.0.2', {}, 250),
        // Its own limit is longer than that of the model.
        meter('10.0.0.3', { minimumReadIntervalMs: 1000 }, 1999),
        // Two ways into one meter, by its name and in a list: the readers of both count, whichever comes last.
        meter('10.0.0.4', {}, 250),
        meter('10.0.0.4', {}, 5000),
        { ...meter('10.0.0.5'), readers: [{ label: '"on demand"', schedules: [] }] },
      ];
      const found = await readMetersNow(meters, 200, () => Promise.reject(new Error('asked')), TIME);
      const reasons = found.map(({ test }) => ('unseen' in test ? test.unseen.text : ''));
      assert.equal(reasons.length, 7);
      for (const [index, pattern] of [
        /maintenance window/,
        /maintenance window/,
        /serial line/,
        /limit of 200 ms/,
        /limit of 1000 ms/,
        /read every 250 ms/,
        /"on demand" whenever a message comes/,
      ].entries()) {
        assert.match(reasons[index] ?? '', pattern);
      }
    });
  });

  it('brokers and databases: one that never answers hides no other, and that of AWS IoT is left alone', async () => {
    const flows = [
      { id: 'quick', type: 'sparkplug-edge', name: 'quick', host: '10.0.0.1' },
      { id: 'slow', type: 'sparkplug-edge', name: 'slow', host: '10.0.0.2' },
      { id: 'own', type: 'iot-target', name: 'own', host: '10.0.0.3', identityFolder: '/etc/pm500/identity' },
      { id: 'hsm', type: 'iot-target', name: 'hsm', host: '10.0.0.4', useTls: true, keyFile: 'pkcs11:object=a' },
      { id: 'aws', type: 'iot-target', name: 'aws', profile: 'aws-iot-core', host: 'x.iot.eu-west-1.amazonaws.com' },
    ];
    const saved = parseFlows(JSON.stringify(flows), () => undefined);
    const site = { path: '', ...saved, meters: [], problems: [], secretsOf: () => ({}) };
    const ending = new AbortController();
    const asked: string[] = [];
    const reading = readBrokers(site, folder, {
      clock: systemClock,
      signal: ending.signal,
      tryBroker: ({ host }) => {
        asked.push(host);
        return host === '10.0.0.2' ? new Promise(() => undefined) : Promise.resolve(undefined);
      },
      lookAtCertificate: () => Promise.resolve(undefined),
    });
    setImmediate(() => {
      ending.abort();
    });
    const found = await reading;
    assert.ok('seen' in found);
    assert.deepEqual(asked, ['10.0.0.1', '10.0.0.2']);
    const reasons = found.seen.map(({ unseen }) => unseen?.text ?? '');
    assert.equal(reasons[0], '');
    assert.match(reasons[1] ?? '', /"slow" did not answer in time/);
    assert.match(reasons[2] ?? '', /identity in \/etc\/pm500\/identity/);
    assert.match(reasons[3] ?? '', /the key of .*"hsm" lies in a token/);
    assert.match(reasons[4] ?? '', /would end that of "aws"/);
    // Certificates that rotate are told of by another command, and never taken for fine here.
    const [rotated, ...others] = readCertificates(site, folder);
    assert.deepEqual(others, [], 'a key in a token is no file that is missing');
    assert.match(rotated?.unseen?.text ?? '', /pm500 cloud status/);
  });
});
