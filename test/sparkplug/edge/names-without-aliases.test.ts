import assert from 'node:assert/strict';
import { Pm500Error } from '../../../src/support/errors';
import { settle } from '../../../testkit/fake-clock';
import { readPayload } from '../../../testkit/sparkplug/independent-decoder';
import { rebirthCommand, sample, START } from '../../../testkit/sparkplug/samples';
import { virtualEdge } from '../../../testkit/sparkplug/virtual-edge';

const RECONNECT_MS = 120_000;

describe('an edge node without aliases', () => {
  for (const model of ['flat', 'templates'] as const) {
    it(`names every metric in births, data, further births, rebirths and history, and a strict host takes it (${model})`, async () => {
      const templates = model === 'templates' ? { templates: { version: '1.2.3', startedAt: START } } : {};
      const { clock, broker, session } = virtualEdge({
        node: { groupId: 'G', edgeNodeId: 'N', naming: { withoutAliases: true }, ...templates },
        quietMs: 1000,
      });
      const path = model === 'templates' ? 'M/process/voltage_l1_n' : 'M/voltage_l1_n';
      session.start();
      const first = broker.last;
      first.listener.onConnected();
      await settle();
      session.publish('M', [sample('voltage_l1_n', 230), sample('own', 1)]);
      await clock.advance(1000);
      session.publish('M', [sample('voltage_l1_n', 231, { at: START + 1 }), sample('own', 2, { at: START + 1 })]);
      assert.deepEqual([broker.host.values.get(path), broker.host.values.get('M/own')], [231, 2]);
      session.publish('M', [sample('another', 3, { at: START + 2 })]);
      await clock.advance(1000);
      assert.equal(broker.host.counts['DBIRTH'], 2, 'a new metric asks for a further birth');
      first.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
      await clock.advance(2000);
      assert.deepEqual([broker.host.counts['NBIRTH'], broker.host.counts['DBIRTH']], [2, 3]);
      broker.host.observeLoss();
      first.lose(new Pm500Error('MQTT_CONNECTION_LOST', 'The connection is gone.', { retryable: true }));
      session.publish('M', [sample('voltage_l1_n', 232, { at: START + 3 }), sample('own', 4, { at: START + 3 })]);
      session.publish('M', [sample('voltage_l1_n', 233, { at: START + 4 }), sample('own', 5, { at: START + 4 })]);
      await clock.advance(RECONNECT_MS);
      assert.notEqual(broker.last, first);
      broker.last.listener.onConnected();
      await settle();
      await clock.advance(5000);
      assert.deepEqual([broker.host.values.get(path), broker.host.values.get('M/own')], [233, 5]);
      const historical = broker.host.history.get(path) ?? [];
      assert.ok(
        historical.some(([at, value]) => at === START + 3 && value === 232),
        JSON.stringify(historical),
      );
      await session.close();
      assert.deepEqual(broker.host.violations, []);
      const payloads = [first, broker.last].flatMap((link) => link.payloads);
      const seen = payloads.flatMap((payload) => readPayload(payload).metrics);
      assert.ok(seen.length > 20);
      for (const { name, alias } of seen) {
        assert.equal(alias, undefined);
        assert.ok(name !== undefined && name !== '');
      }
    });
  }
});
