import assert from 'node:assert/strict';
import type { ProtocolVersion } from '../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { MetricSample } from '../../src/sparkplug/metrics/metrics';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';
import { sample } from '../../testkit/sparkplug/samples';
import { Watcher } from '../../testkit/sparkplug/watcher';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { waitFor } from '../../testkit/wait';

const VERSIONS: readonly ProtocolVersion[] = [4, 5];
const LIMIT = 3000;

const text = (name: string, length: number): MetricSample => ({
  ...sample(name, 0, { at: Date.now() }),
  type: 'String',
  value: 'x'.repeat(length),
});

describe('a Mosquitto that takes small packets only', function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let watcher: Watcher;
  let edge: EdgeSession;
  let logged: string[];

  function createEdge(protocolVersion: ProtocolVersion, maximumMessageBytes?: number): void {
    logged = [];
    const log = (message: string): void => void logged.push(message);
    edge = new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge' },
        broker: {
          host: '127.0.0.1',
          port: broker.port,
          keepAliveSeconds: 5,
          connectTimeoutMs: 20_000,
          protocolVersion,
        },
        ...(maximumMessageBytes === undefined ? {} : { maximumMessageBytes }),
        settleMs: 20,
      },
      { ...realDependencies(), logger: { debug: log, info: log, warn: log, error: log } },
    );
    edge.start();
  }

  /** One device of ordinary size, one whose birth has long texts, one whose birth is too large however it is cut. */
  function publish(): void {
    const many = Array.from({ length: 200 }, (_, index) => sample(`metric_${index}`, index, { at: Date.now() }));
    edge.publish('small', [sample('a', 1, { at: Date.now() })]);
    edge.publish('texts', [text('note', 2000), text('other', 2000), sample('a', 2, { at: Date.now() })]);
    edge.publish('huge', many);
  }

  beforeEach(async () => {
    broker = await startMosquitto({ lines: [`max_packet_size ${LIMIT}`] });
    watcher = await Watcher.open(broker.url);
  });

  afterEach(async () => {
    await edge.close();
    await watcher.close();
    await broker.stop();
  });

  for (const protocolVersion of VERSIONS) {
    // MQTT 5 says the limit in the CONNACK; for 3.1.1 it is a setting.
    const maximum = protocolVersion === 5 ? undefined : LIMIT;
    it(`keeps every device that fits, and its session (protocol level ${protocolVersion})`, async () => {
      createEdge(protocolVersion, maximum);
      publish();
      await waitFor('two devices', () => edge.state.devices.length === 2);
      assert.deepEqual([...edge.state.devices].sort(), ['small', 'texts']);
      await waitFor('the texts', () => watcher.host.values.get('texts/other') === 'x'.repeat(2000));
      assert.equal(watcher.host.values.get('texts/note'), 'x'.repeat(2000));
      edge.publish('small', [text('a2', 10), sample('a', 3, { at: Date.now() })]);
      edge.publish('texts', [text('note', 5000), sample('a', 4, { at: Date.now() })]);
      await waitFor('the values after it', () => watcher.host.values.get('texts/a') === 4);
      assert.equal(watcher.host.values.get('texts/note'), null);
      assert.equal(watcher.host.qualities.get('texts/note'), 0);
      assert.equal(watcher.host.counts['NBIRTH'], 1);
      assert.deepEqual(watcher.host.violations, []);
      assert.equal(
        logged.filter((line) => line.includes('DBIRTH of device "huge" is larger than the 3000 bytes')).length,
        1,
      );
    });
  }

  it('is found out where nothing says the limit: other devices live, and the log names what was too large', async () => {
    createEdge(4);
    publish();
    // The text of the other device is what it learns next.
    const isWhole = (): boolean => ['small', 'texts'].every((device) => edge.state.devices.includes(device));
    await waitFor(
      'the other devices with their texts',
      () => isWhole() && watcher.host.values.get('texts/other') === 'x'.repeat(2000),
      { timeoutMs: 90_000 },
    );
    assert.ok(!edge.state.devices.includes('huge'));
    await waitFor('a session that lasts', () => edge.state.error === undefined);
    assert.ok(
      logged.some((line) => line.includes('largest message shortly before was DBIRTH of huge')),
      logged.join('\n'),
    );
    assert.ok(logged.some((line) => /ended the connection several times after DBIRTH of huge of \d+ kB/.test(line)));
    const births = watcher.host.counts['NBIRTH'] ?? 0;
    edge.publish('small', [sample('a', 5, { at: Date.now() })]);
    await waitFor('live data', () => watcher.host.values.get('small/a') === 5);
    assert.ok(births <= 12, `${births} births`);
    assert.equal(watcher.host.counts['NBIRTH'], births);
  });
});
