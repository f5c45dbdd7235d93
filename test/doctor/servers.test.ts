import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { examine } from '../../src/doctor/examine';
import type { BrokerFacts, DatabaseFacts, SiteFacts } from '../../src/doctor/facts';
import { parseFlows } from '../../src/doctor/flows/saved-nodes';
import type { SavedSite } from '../../src/doctor/flows/saved-site';
import { seen } from '../../src/doctor/looked';
import { readBrokers } from '../../src/doctor/readers/brokers';
import { readDatabases } from '../../src/doctor/readers/databases';
import { systemClock } from '../../src/support/clock';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { plain } from '../../src/support/sentence';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { removeFolder } from '../../testkit/temporary-folder';

const TIME = { clock: systemClock, signal: new AbortController().signal };
const AWAY = { problem: plain('It cannot be reached.'), isRefused: false };
const LATE = { unseen: plain('it did not answer in time'), isRefused: false };

const broker = (change: Partial<BrokerFacts>): BrokerFacts => ({
  ...{
    id: 'edge',
    server: '10.0.0.9:8883',
    isRefused: false,
    hasTls: true,
    certificateEndMs: 9e15,
    takesAnybody: false,
  },
  ...change,
});
const database = (change: Partial<DatabaseFacts>): DatabaseFacts => ({
  ...{ id: 'influx', server: '10.0.0.8:8086', isRefused: false, isInflux1: true, clockAheadMs: 0, takesAnybody: false },
  ...{ tiers: seen({ tiers: [], missingQueries: [], madeBy: 'queries' }) },
  ...change,
});

/** What a broker and a database are without some of the facts. */
function lacking<Server extends object>(server: Server, ...names: readonly (keyof Server)[]): Server {
  return Object.fromEntries(Object.entries(server).filter(([name]) => !names.includes(name as keyof Server))) as Server;
}

/** How the checks end that look at servers, by id. */
function outcomes(facts: Partial<Pick<SiteFacts, 'brokers' | 'databases'>>): ReadonlyMap<string, string> {
  const all = {
    nowMs: 0,
    packageVersion: '',
    ownHosts: ['10.0.0.1'],
    brokers: seen([]),
    databases: seen([]),
    ...facts,
  };
  const { results } = examine(DOCTOR_CHECKS, all as unknown as SiteFacts, []);
  return new Map(results.map(({ id, outcome }) => [id, outcome]));
}

describe('servers that did not tell are not taken for fine', () => {
  const CERTIFICATES = ['server-certificate-expired', 'server-certificate-expires-soon'];
  const OF_BROKERS = ['broker-reachable', 'broker-login', 'broker-anonymous'];
  const OF_DATABASES = ['database-anonymous', 'clock-servers', 'tiers-behind', 'tier-queries'];

  it('those that told are', () => {
    const found = outcomes({ brokers: seen([broker({})]), databases: seen([database({})]) });
    for (const id of [...CERTIFICATES, ...OF_BROKERS, ...OF_DATABASES, 'database-reachable', 'database-login'])
      assert.equal(found.get(id), 'ok', id);
  });

  const bare = lacking(broker({}), 'certificateEndMs', 'takesAnybody');
  const silent = lacking(database({}), 'clockAheadMs', 'takesAnybody', 'tiers');
  const rows: readonly (readonly [string, Partial<SiteFacts>, readonly string[]])[] = [
    [
      'a broker that is away',
      { brokers: seen([{ ...bare, ...AWAY }]) },
      ['broker-login', 'broker-anonymous', ...CERTIFICATES],
    ],
    ['a broker that was not asked', { brokers: seen([{ ...bare, ...LATE }]) }, [...OF_BROKERS, ...CERTIFICATES]],
    ['a broker that takes a certificate', { brokers: seen([bare]) }, ['broker-anonymous', ...CERTIFICATES]],
    ['a database that is away', { databases: seen([{ ...silent, ...AWAY }]) }, ['database-login', ...OF_DATABASES]],
    [
      'a database that was not asked',
      { databases: seen([{ ...silent, ...LATE }]) },
      ['database-reachable', ...OF_DATABASES],
    ],
    ['a database that tells nothing', { databases: seen([silent]) }, OF_DATABASES],
    ['a database that shows no certificate', { databases: seen([database({ hasTls: true })]) }, CERTIFICATES],
  ];
  for (const [what, facts, ids] of rows) {
    it(what, () => {
      const found = outcomes(facts);
      for (const id of ids) assert.equal(found.get(id), 'could not look', id);
    });
  }

  it('what a server cannot have is not missed: users and tiers of another InfluxDB, a certificate without TLS', () => {
    const other = { ...silent, isInflux1: false };
    const plain = { ...bare, hasTls: false };
    const found = outcomes({ brokers: seen([plain]), databases: seen([other]) });
    for (const id of ['database-anonymous', 'tiers-behind', 'tier-queries', ...CERTIFICATES])
      assert.equal(found.get(id), 'ok', id);
  });
});

function siteOf(flows: readonly object[], secrets: Readonly<Record<string, string>> = {}): SavedSite {
  const saved = parseFlows(JSON.stringify(flows), () => undefined);
  return { path: '', ...saved, meters: [], problems: [], secretsOf: () => secrets };
}

describe('clients with an enrolled identity', () => {
  const target = (id: string, change: object = {}): object => ({
    ...{ id, type: 'iot-target', name: id, host: '10.0.0.3', identityFolder: '/etc/pm500/identity' },
    ...change,
  });
  function evidenceOf(check: string, ...flows: readonly object[]): readonly string[] {
    const facts = { nowMs: 0, ownHosts: [], site: seen(siteOf(flows, { password: 'a long password' })) };
    const { results } = examine(DOCTOR_CHECKS, facts as unknown as SiteFacts, []);
    return results
      .filter(({ id, outcome }) => id === check && outcome === 'finding')
      .flatMap(({ evidence }) => evidence);
  }

  it('are one client where they share the folder, and two where each has its own', () => {
    const shared = evidenceOf('client-identity', target('a'), target('b', { identityFolder: '/etc/pm500/identity/' }));
    assert.deepEqual(shared, ['"a", "b" have the client ID of the identity in /etc/pm500/identity at one broker.']);
    assert.deepEqual(evidenceOf('client-identity', target('a'), target('b', { identityFolder: '/etc/other' })), []);
    assert.deepEqual(evidenceOf('client-identity', target('a'), target('b', { clientId: 'second' })), []);
    assert.deepEqual(evidenceOf('client-identity', target('a'), target('b', { host: '10.0.0.4' })), []);
  });

  it('send no password without TLS', () => {
    assert.deepEqual(evidenceOf('password-plain-mqtt', target('a')), []);
    assert.equal(evidenceOf('password-plain-mqtt', target('a', { identityFolder: '' })).length, 1);
  });
});

describe('brokers, as the doctor asks them', () => {
  const login = { username: 'edge', password: 'a long password' };
  const lookAtCertificate = (): Promise<number> => Promise.resolve(1234);

  /** What is found of a broker that answers a visit without a login so. */
  async function withoutLogin(answer: Pm500Error | undefined): Promise<boolean | undefined> {
    const found = await readBrokers(siteOf([{ id: 'a', type: 'sparkplug-edge', host: '10.0.0.1' }], login), '', {
      ...TIME,
      lookAtCertificate,
      tryBroker: ({ username }) => Promise.resolve(username === undefined ? answer : undefined),
    });
    assert.ok('seen' in found);
    return found.seen[0]?.takesAnybody;
  }
  const problem = (code: ErrorCode, retryable = false): Pm500Error => new Pm500Error(code, 'No.', { retryable });

  it('only a refusal for good is one: not a timeout, not a broker that is busy', async () => {
    assert.equal(await withoutLogin(undefined), true);
    assert.equal(await withoutLogin(problem('MQTT_REFUSED')), false);
    assert.equal(await withoutLogin(problem('MQTT_REFUSED', true)), undefined);
    assert.equal(await withoutLogin(problem('MQTT_UNREACHABLE', true)), undefined);
    assert.equal(await withoutLogin(problem('MQTT_CONNECTION_LOST', true)), undefined);
  });

  it('certificates are looked at also where nobody else may connect', async () => {
    const flows = [
      { id: 'own', type: 'iot-target', host: '10.0.0.3', port: 8883, identityFolder: '/etc/pm500/identity' },
      { id: 'aws', type: 'iot-target', host: 'x.amazonaws.com', profile: 'aws-iot-core', certificateFile: '/no/such' },
    ];
    const found = await readBrokers(siteOf(flows), '', {
      ...TIME,
      lookAtCertificate,
      tryBroker: () => Promise.reject(new Error('asked')),
    });
    assert.ok('seen' in found);
    assert.deepEqual(
      found.seen.map(({ server, hasTls, certificateEndMs, problem: why }) => [server, hasTls, certificateEndMs, why]),
      [
        ['10.0.0.3:8883', true, 1234, undefined],
        ['x.amazonaws.com:8883', true, 1234, undefined],
      ],
    );
    for (const { unseen } of found.seen) assert.match(unseen?.text ?? '', /only one client|would end/);
  });
});

describe('an InfluxDB with a certificate of the site, as the doctor asks it', () => {
  const authority = new CertificateAuthority();
  const { key, certificate } = authority.issue('influx', 5);
  const asked: string[] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    asked.push(
      `${request.url?.split('?')[0] ?? ''} ${request.headers.authorization === undefined ? 'nobody' : 'user'}`,
    );
    response.writeHead(request.url?.startsWith('/query') === true ? 200 : 204, { 'x-influxdb-version': '1.8.10' });
    response.end(request.url?.startsWith('/query') === true ? '{"results":[{}]}' : '');
  });

  before(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    removeFolder(authority.folder);
  });

  it('is asked by TLS as the node writes to it, also without a login', async () => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const flows = [
      { id: 'tls', type: 'tls-config', ca: authority.certificate },
      { id: 'db', type: 'influx-target', api: 'v1', database: 'energy', url, user: 'plant', tls: 'tls', proxy: 'none' },
      { id: 'out', type: 'influx-out', target: 'db' },
    ];
    const found = await readDatabases(siteOf(flows, { password: 'a long password' }), '', {
      ...TIME,
      env: {},
      lookAtCertificate: () => Promise.resolve(undefined),
    });
    assert.ok('seen' in found);
    const [known] = found.seen;
    assert.deepEqual(
      [known?.problem, known?.hasTls, known?.isInflux1, known?.takesAnybody],
      [undefined, true, true, true],
    );
    assert.ok(known?.tiers !== undefined && 'seen' in known.tiers, JSON.stringify(known));
    assert.ok(asked.includes('/query nobody') && asked.includes('/query user'));
  });
});
