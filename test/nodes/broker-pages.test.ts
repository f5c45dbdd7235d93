import assert from 'node:assert/strict';
import iotTarget from '../../nodes/iot-target';
import { registerAdmin } from '../../nodes/shared/admin';
import type { ConnectionTest } from '../../src/support/connection-test';
import { connack, ScriptedBroker } from '../../testkit/mqtt/scripted-broker';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { PACKET } from '../../testkit/mqtt/packets';
import type { Sentence } from '../../src/support/sentence';

type Body = Partial<ConnectionTest> & { readonly error?: Sentence };

const PAGES = ['/pm500/sparkplug-test', '/pm500/iot-test'] as const;

describe('what the forms of brokers ask', function () {
  this.timeout(60_000);
  const red = new FakeRed();
  registerAdmin(red.api);
  let broker: ScriptedBroker;
  beforeEach(async () => {
    broker = await ScriptedBroker.start();
    red.credentials.clear();
    red.definitions.length = 0;
  });
  afterEach(() => broker.stop());

  const ask = (path: string, body: object): Promise<{ status: number; body: Body }> =>
    new Promise((resolve) => {
      let status = 200;
      const response = {
        on: () => response,
        status: (code: number) => {
          status = code;
          return response;
        },
        json: (answer: object) => {
          resolve({ status, body: answer });
        },
      };
      red.pages.get(path)?.page({ body }, response);
    });
  const form = (): object => ({
    ...{ id: 'edge', groupId: 'plant', edgeNodeId: 'power', host: '127.0.0.1', port: String(broker.port) },
    protocolVersion: '3.1.1',
  });
  const passwords = (): readonly string[] =>
    broker.packets.filter(({ type }) => type === PACKET.connect).map(({ body }) => body.toString('latin1'));

  for (const path of PAGES) {
    describe(path, () => {
      it('needs the permission to have a server tried', () => {
        assert.equal(red.pages.get(path)?.permission, 'pm500.test');
      });

      it('tries the broker of the form, and publishes nothing', async () => {
        const { status, body } = await ask(path, { form: form() });
        assert.deepEqual([status, body.isWelcome], [200, true], JSON.stringify(body));
        assert.deepEqual(
          broker.packets.filter(({ type }) => type === PACKET.publish),
          [],
        );
      });

      it('says why not', async () => {
        broker.answer = ({ type }) => (type === PACKET.connect ? connack(4) : undefined);
        const { body } = await ask(path, { form: form() });
        assert.deepEqual([body.isWelcome, body.code], [false, 'MQTT_REFUSED']);
      });

      it('sends the stored password only where its node is deployed to', async () => {
        red.credentials.set('edge', { username: 'u', password: 'stored' });
        red.definitions.push({ type: 'sparkplug-edge', name: '', z: '', ...form() } as never);
        const secrets = { username: 'u', password: '__PWRD__' };
        assert.equal((await ask(path, { form: form(), secrets })).status, 200);
        assert.match(passwords().join(), /stored$/);
        const elsewhere = await ask(path, { form: { ...form(), host: 'localhost' }, secrets });
        assert.equal(elsewhere.status, 400);
        assert.match(elsewhere.body.error?.text ?? '', /stored password is sent only where it is deployed to/);
      });

      it('refuses what cannot be asked in one sentence', async () => {
        for (const host of ['', 'mqtt://10.0.0.5', 'a b'])
          assert.equal((await ask(path, { form: { ...form(), host } })).status, 400, host);
        assert.match((await ask(path, {})).body.error?.text ?? '', /The form is missing/);
        assert.equal((await ask(path, { form: { ...form(), port: '70000' } })).status, 400);
        assert.equal(broker.accepted, 0);
      });

      it('lets a few tests run at a time', async () => {
        broker.answer = () => Buffer.alloc(0);
        const left = Array.from({ length: 4 }, () => ask(path, { form: { ...form(), host: '127.0.0.1' } }));
        const { status, body } = await ask(path, { form: form() });
        assert.equal(status, 400);
        assert.match(body.error?.text ?? '', /4 tests are running already/);
        while (broker.connections < 4) await new Promise((resolve) => setImmediate(resolve));
        broker.answer = () => undefined;
        broker.cut();
        await Promise.all(left);
      });
    });
  }

  it('does not try a thing of AWS that is deployed, whose connection it would end', async () => {
    const thing = { ...form(), profile: 'aws-iot-core', clientId: 'thing', certificateFile: '/none', keyFile: '/none' };
    const { body } = await ask('/pm500/iot-test', { form: thing });
    assert.deepEqual([body.isWelcome, body.code], [false, 'MQTT_CREDENTIALS_INVALID']);
    red.definitions.push({ type: 'iot-target', name: '', z: '', ...thing } as never);
    iotTarget(red.api);
    const node = red.create('iot-target', { ...thing, outbox: 'memory' });
    red.configurations.set('edge', node);
    const another = await ask('/pm500/iot-test', { form: { ...thing, clientId: 'another' } });
    assert.equal(another.body.code, 'MQTT_CREDENTIALS_INVALID');
    // What the running node is called counts, wherever it has its name from.
    red.definitions.splice(0, 1, { type: 'iot-target', name: '', z: '', ...thing, clientId: '' } as never);
    const deployed = await ask('/pm500/iot-test', { form: thing });
    await node.close();
    assert.match(deployed.body.error?.text ?? '', /would end its connection/);
  });
});
