import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import registerOut from '../../nodes/iot-out';
import registerTarget from '../../nodes/iot-target';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { IOT_TELEMETRY } from '../../src/iot/contracts';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { newIdentity } from '../../src/iot/enroll/state';
import { seededRandom } from '../../src/support/random';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { stageClaim } from '../../testkit/aws-iot/stage';
import { sampleReading } from '../../testkit/meters/readings';
import { AckBroker } from '../../testkit/mqtt/ack-broker';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

describe('iot-target and iot-out', function () {
  this.timeout(60_000);
  const TELEMETRY = normalizeReading(sampleReading([101], seededRandom(1)));
  let broker: AckBroker;
  let red: FakeRed;
  const nodes: FakeNode[] = [];

  beforeEach(async () => {
    broker = await AckBroker.start();
    red = new FakeRed({ userDir: temporaryFolder('iot-nodes') });
    registerTarget(red.api);
    registerOut(red.api);
  });

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close(true)));
    await broker.stop();
    removeFolder(red.settings.userDir ?? '');
  });

  const create = (target: object = {}, out: object = {}): readonly [FakeNode, FakeNode] => {
    const first = red.create('iot-target', { id: 't', host: '127.0.0.1', port: broker.port, flushMs: 0, ...target });
    red.configurations.set('t', first);
    const second = red.create('iot-out', { id: 'o', target: 't', ...out });
    nodes.push(first, second);
    return [first, second];
  };
  const shows = (node: FakeNode, fill: string, text: RegExp): Promise<unknown> =>
    waitFor(`${fill} ${text.source}`, () => node.lastStatus?.fill === fill && text.test(String(node.lastStatus.text)), {
      everyMs: 5,
    });

  it('publish telemetry under the tags of the meter, and show how many records were written', async () => {
    const [, out] = create({ clientId: 'edge-1' }, { topic: '{client}/{site}/{line}/{meter}/{kind}' });
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows(out, 'green', /^written: 1$/);
    const [publish] = broker.publishes;
    assert.ok(publish !== undefined);
    assert.equal(publish.topic, 'edge-1/gwangyang/1/main-incomer/telemetry');
    const record = IOT_TELEMETRY.parse(JSON.parse(publish.payload));
    assert.deepEqual(Object.keys(record.metrics).sort(), Object.keys(TELEMETRY.metrics).sort());
    assert.deepEqual(broker.clientIds, ['edge-1']);
  });

  it('are done with a message when the broker has it, where that was chosen', async () => {
    let answered = 0;
    broker.answer = () => {
      answered += 1;
      return 0;
    };
    const [, out] = create({ outbox: 'memory' }, { acknowledge: 'written' });
    await out.receive({ payload: TELEMETRY });
    assert.equal(answered, 1);
  });

  it('keep what the broker does not take yet over a deployment, and hold where a person has to help', async () => {
    broker.answer = () => 135;
    const [target, out] = create();
    await out.receive({ payload: TELEMETRY });
    await shows(out, 'red', /^held: 1$/);
    assert.ok(target.warnings.some((warning) => String(warning).includes('may not publish there')));
    await Promise.all(nodes.splice(0).map((node) => node.close()));
    broker.answer = () => 0;
    const [, again] = create();
    await shows(again, 'green', /^written: 1$/);
  });

  it('set aside what is refused as JSON Lines, for the Catch node and in a file', async () => {
    broker.answer = ({ topic }) => (topic.startsWith('pm500/no') ? 135 : 0);
    const [, out] = create({ recordsPerMessage: 1 }, { topic: 'pm500/{meter}' });
    const named = (name: string): object => ({ ...TELEMETRY, meter: { ...TELEMETRY.meter, name } });
    await out.receive({ payload: named('yes') });
    await out.receive({ payload: named('no') });
    await out.receive({ payload: named('yes') });
    await shows(out, 'yellow', /^refused: 1$/);
    const text = readFileSync(join(red.settings.userDir ?? '', 'pm500/refused/t.jsonl'), 'utf8');
    assert.ok(text.endsWith('\n'));
    const [line, ...others] = text.trimEnd().split('\n');
    assert.deepEqual(others, []);
    const letter = JSON.parse(line ?? '') as Readonly<Record<string, unknown>>;
    assert.deepEqual([letter['topic'], letter['code']], ['pm500/no', 'MQTT_PUBLISH_REFUSED']);
    assert.match(String(letter['reason']), /may not publish there/);
    assert.equal(IOT_TELEMETRY.parse(letter['record']).meter, 'no');
  });

  it('refuse what AWS IoT Core would not take before anything is sent', () => {
    const aws = {
      profile: 'aws-iot-core',
      clientId: 'thing',
      certificateFile: '/nowhere.pem',
      keyFile: '/nowhere.key',
    };
    for (const [target, out, words] of [
      [{ clientId: '' }, {}, /clientId is empty; with AWS IoT Core it is the name of the thing/],
      [{ clientId: 'x'.repeat(129) }, {}, /clientId has more than 128 bytes/],
      [{ certificateFile: '' }, {}, /certificateFile is empty/],
      [{ host: 'mqtts://x' }, {}, /is no host of an MQTT server/],
      [{}, { topic: 'a/b/c/d/e/f/g/h/{meter}' }, /has 8 slashes; this broker takes 7 at most/],
      [{}, { topic: '$aws/things/x' }, /begins with \$/],
    ] as const) {
      const created = create({ ...aws, ...target }, out);
      const told = created.flatMap(({ errors, warnings }) => [...errors, ...warnings]).map(String);
      assert.ok(
        told.some((each) => words.test(each)),
        told.join('\n'),
      );
    }
  });

  it('tell each of the files of a certificate that cannot be read', async () => {
    const [target, out] = create({ useTls: true, certificateFile: '/nowhere.pem', keyFile: '/nowhere.key' });
    await out.receive({ payload: TELEMETRY });
    await shows(out, 'red', /^held: 1$/);
    assert.ok(target.warnings.some((warning) => String(warning).includes('/nowhere.key cannot be read')));
  });

  it('keep records where the folder of an identity holds none, and say what to do', async () => {
    const [target, out] = create({ profile: 'aws-iot-core', identityFolder: '/nowhere' });
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows(out, 'red', /^held: 1$/);
    assert.match(target.warnings.join(), /holds no identity; run pm500 cloud enroll/);
  });

  /** A folder of the thing mill-1, whose certificate is let in. */
  const makeIdentity = (double: AwsIotDouble): readonly [folder: string, certificateId: string] => {
    const folder = temporaryFolder('identity');
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, double.ca);
    const at = { host: '127.0.0.1', port: double.port };
    const place = { ...at, caFile, claimTemplate: '', rotationTemplate: '', hasCommits: false };
    const identity = EdgeIdentity.begin(folderFiles(folder), newIdentity('mill-1', place));
    identity.makePair(1);
    identity.happened({ kind: 'key made', number: 1, isByHand: true });
    const certificate = double.services.account.issue(identity.requestOf(1));
    certificate.policies.add('pm500-edge');
    certificate.thing = 'mill-1';
    certificate.status = 'ACTIVE';
    identity.signedByHand(1, certificate.pem);
    return [folder, certificate.id];
  };

  it('keep records while an identity cannot be read, under the topic of its thing, and send them once it can', async () => {
    const double = await new AwsIotDouble().start();
    const [folder] = makeIdentity(double);
    const target = { host: '127.0.0.1', port: double.port, identityFolder: folder };
    const begin = (): readonly [FakeNode, FakeNode] => create(target, { topic: 'pm500/{client}/{meter}/{kind}' });
    const end = async (): Promise<void> => {
      await Promise.all(nodes.splice(0).map((node) => node.close()));
    };
    const [, before] = begin();
    await before.receive({ payload: TELEMETRY });
    await shows(before, 'green', /^written: 1$/);
    await end();
    const path = join(folder, 'identity.json');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, 40));
    const [held, out] = begin();
    assert.deepEqual(held.errors, []);
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows(out, 'red', /^held: 1$/);
    assert.match(held.warnings.join(), /identity\.json .*restore it from a backup/);
    await end();
    writeFileSync(path, whole);
    const [, after] = begin();
    await shows(after, 'green', /^written: 1$/);
    const topic = 'pm500/mill-1/main-incomer/telemetry';
    assert.deepEqual(
      double.messages.map((message) => message.topic),
      [topic, topic],
    );
    await Promise.all(nodes.splice(0).map((node) => node.close(true)));
    await double.stop();
  });

  it('show that the certificate is not renewed, with what stops it in the log, and try again by themselves', async () => {
    const userDir = red.settings.userDir ?? '';
    mkdirSync(join(userDir, 'edge'));
    const double = await new AwsIotDouble().start();
    stageClaim(double, join(userDir, 'edge'), 'mill-1');
    await double.stop();
    const [target, out] = create({
      // Nobody listens there.
      ...{ profile: 'aws-iot-core', host: '127.0.0.9', clientId: 'mill-1', identityFolder: 'edge' },
    });
    await shows(out, 'yellow', /^see certificate$/);
    assert.match(target.warnings.join(), /The certificate of this edge is not renewed: .*nothing listens there/);
    assert.ok(out.statuses.some(({ text }) => text === 'renews certificate'));
    assert.ok(existsSync(join(userDir, 'edge', '1.key.pem')), 'a relative folder begins at the user directory');
    // Records wait under the topic of the thing meanwhile, and that counts more than the certificate.
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows(out, 'red', /^held: 1$/);
  });

  it('connect with the certificate of an identity, as the thing that it is of', async () => {
    const double = await new AwsIotDouble().start();
    const [folder, certificateId] = makeIdentity(double);
    const at = { host: '127.0.0.1', port: double.port };
    const [, out] = create({ ...at, identityFolder: folder }, { topic: 'pm500/{client}/{meter}/{kind}' });
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows(out, 'green', /^written: 1$/);
    assert.deepEqual(
      double.messages.map((message) => [message.topic, message.clientId, message.certificateId]),
      [['pm500/mill-1/main-incomer/telemetry', 'mill-1', certificateId]],
    );
    await Promise.all(nodes.splice(0).map((node) => node.close(true)));
    await double.stop();
  });
});
