import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import influxTarget from '../../nodes/influx-target';
import iotTarget from '../../nodes/iot-target';
import pm500Normalize from '../../nodes/pm500-normalize';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { newIdentity } from '../../src/iot/enroll/state';
import { Authority } from '../../testkit/aws-iot/authority';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { sampleReading } from '../../testkit/meters/readings';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { seededRandom } from '../../src/support/random';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

/** What `GET pm500/metrics` answers. */
function pageOf(red: FakeRed): string {
  let page = '';
  const response = {
    type: () => response,
    send: (body: string) => {
      page = body;
    },
  };
  red.pages.get('/pm500/metrics')?.page({}, response);
  return page;
}

/** The numbers of a metric, by its labels. */
function valuesOf(page: string, name: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('what the metrics page says of the site', () => {
  it('nominal values, contract and limits are told for each meter; a limit that nobody gave is not', async () => {
    const red = new FakeRed();
    pm500Normalize(red.api);
    const plain = red.create('pm500-normalize', { id: 'plain' });
    const told = red.create('pm500-normalize', {
      id: 'told',
      defaultAlarms: true,
      nominalVolts: '277',
      nominalHertz: '60',
      contractKw: '1.5',
      powerFactorLimit: '0.95',
    });
    await plain.receive({ payload: sampleReading([101], seededRandom(1)) });
    await told.receive({ payload: sampleReading([101], seededRandom(1)) });
    const page = pageOf(red);
    const of = (name: string): readonly (readonly [node: string, value: number])[] =>
      [...valuesOf(page, name)].map(([labels, value]) => [/node="(\w+)"/.exec(labels)?.[1] ?? '', value]);
    assert.deepEqual(of('pm500_nominal_voltage_volts'), [['told', 277]]);
    assert.deepEqual(of('pm500_nominal_frequency_hertz'), [['told', 60]]);
    assert.deepEqual(of('pm500_contract_demand_watts'), [['told', 1500]]);
    assert.deepEqual(of('pm500_rated_current_amperes'), []);
    assert.deepEqual(of('pm500_power_factor_limit'), [
      ['plain', 0.9],
      ['told', 0.95],
    ]);
    assert.match(page, /pm500_contract_demand_watts\{.*meter="main-incomer"/);
    await plain.close();
    await told.close();
  });

  it('the disk of the user directory has a size, and not more free than that', () => {
    const userDir = temporaryFolder('site-metrics');
    const red = new FakeRed({ userDir });
    pm500Normalize(red.api);
    const page = pageOf(red);
    const [free] = valuesOf(page, 'pm500_disk_free_bytes').values();
    const [size] = valuesOf(page, 'pm500_disk_size_bytes').values();
    assert.ok(free !== undefined && size !== undefined && size > 0 && free >= 0 && free <= size, page);
    removeFolder(userDir);
    assert.deepEqual([...valuesOf(pageOf(red), 'pm500_disk_free_bytes')], []);
  });

  it('certificates are told with their end, the first of a bundle, and one that cannot be read costs nothing', async () => {
    const authority = new CertificateAuthority();
    const early = authority.issue('early', 2);
    const late = authority.issue('late', 9);
    const red = new FakeRed();
    influxTarget(red.api);
    const bundle = Buffer.concat([readFileSync(authority.certificate), readFileSync(early.certificate)]);
    const tls = (options: object): object => ({ addTLSOptions: () => options });
    red.configurations.set('both', tls({ ca: bundle, cert: readFileSync(late.certificate) }));
    red.configurations.set('broken', tls({ ca: 'not a certificate', cert: Buffer.from([0, 1, 2]) }));
    const target = { url: 'https://127.0.0.1:1', bucket: 'b', organization: 'o' };
    const nodes = ['both', 'broken', 'gone'].map((id) => red.create('influx-target', { id, tls: id, ...target }));
    const ends = [...valuesOf(pageOf(red), 'pm500_certificate_expires_seconds')].map(([labels, value]) => [
      labels.replace(/^[^{]*/, ''),
      Math.round((value - Date.now() / 1000) / 86_400),
    ]);
    assert.deepEqual(ends, [
      ['{node="both",part="cert"}', 9],
      ['{node="both",part="ca"}', 2],
    ]);
    for (const node of nodes) await node.close();
  });

  it('certificates of iot-target are told too: of its files, and of its identity also after a rotation', async () => {
    const DAY_MS = 86_400_000;
    const userDir = temporaryFolder('iot-metrics');
    const authority = new CertificateAuthority();
    const files = authority.issue('edge', 5);
    const red = new FakeRed({ userDir });
    iotTarget(red.api);
    const folder = temporaryFolder('iot-identity');
    const place = { host: 'h', port: 8883, caFile: '', claimTemplate: '', rotationTemplate: '', hasCommits: false };
    const identity = EdgeIdentity.begin(folderFiles(folder), newIdentity('mill-1', place));
    const sign = (number: number, days: number): void => {
      identity.makePair(number);
      identity.happened({ kind: 'key made', number, isByHand: true });
      const span = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + days * DAY_MS };
      identity.signedByHand(number, new Authority('enterprise').issue(identity.requestOf(number), span));
      identity.happened({ kind: 'committed' });
    };
    const at = { host: '127.0.0.1', port: 1, outbox: 'memory' };
    const nodes = [
      red.create('iot-target', { id: 'i', ...at, identityFolder: folder }),
      red.create('iot-target', {
        id: 'f',
        ...at,
        useTls: true,
        certificateFile: files.certificate,
        keyFile: files.key,
      }),
      red.create('iot-target', { id: 'g', ...at, identityFolder: '/nowhere' }),
      red.create('iot-target', { id: 'h', ...at, certificateFile: files.certificate, keyFile: files.key }),
    ];
    const ends = (): readonly (readonly [string, number])[] =>
      [...valuesOf(pageOf(red), 'pm500_certificate_expires_seconds')].map(([labels, value]) => [
        labels.replace(/^[^{]*/, ''),
        Math.round((value - Date.now() / 1000) / 86_400),
      ]);
    assert.deepEqual(ends(), [['{node="f",part="cert"}', 5]]);
    for (const [number, days] of [
      [1, 3],
      [2, 90],
    ] as const) {
      sign(number, days);
      assert.deepEqual(ends(), [
        ['{node="i",part="cert"}', days],
        ['{node="f",part="cert"}', 5],
      ]);
    }
    await Promise.all(nodes.map((node) => node.close(true)));
    assert.deepEqual(ends(), []);
    removeFolder(userDir);
  });
});
