import assert from 'node:assert/strict';
import { TEMPLATES } from '../../../src/sparkplug/metrics/templates';
import { hasCode } from '../../../src/support/errors';
import { decodePayload } from '../../../src/sparkplug/codec/payload';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { settle } from '../../../testkit/fake-clock';
import { START, sample } from '../../../testkit/sparkplug/samples';
import { virtualEdge } from '../../../testkit/sparkplug/virtual-edge';

const HEALTH = 'G/N/edge_health';
const PROCESS = 'M/process';

function bench() {
  const { clock, broker, session } = virtualEdge({
    node: { groupId: 'G', edgeNodeId: 'N', templates: { version: '1.2.3', startedAt: START } },
  });
  const accept = async (): Promise<void> => {
    session.start();
    broker.last.listener.onConnected();
    await settle();
  };
  const publish = (...samples: readonly MetricSample[]): void => {
    session.publish('M', samples);
  };
  return { clock, broker, session, accept, publish };
}

const alarm = (member: string, type: MetricSample['type'], value: MetricSample['value']): MetricSample => ({
  ...sample(`alarms/phase_loss/${member}`, 0),
  type,
  value,
});

describe('edge node with templates', () => {
  it('defines every template in NBIRTH, before its instances, and nowhere else', async () => {
    const { broker, session, accept } = bench();
    await accept();
    assert.deepEqual(broker.last.published, ['NBIRTH']);
    assert.deepEqual([...broker.host.definitionsOf('G/N')], Object.keys(TEMPLATES));
    assert.equal(broker.host.values.get(`${HEALTH}/version`), '1.2.3');
    assert.equal(broker.host.values.get(`${HEALTH}/uptime`), 0n);
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('publishes its health as NDATA every minute, with seq and by its name', async () => {
    const { clock, broker, session, accept, publish } = bench();
    await accept();
    publish(sample('voltage_l1_n', 230));
    await clock.advance(59_000);
    assert.equal(broker.host.counts['NDATA'], undefined);
    await clock.advance(61_000);
    assert.equal(broker.host.counts['NDATA'], 2);
    assert.equal(broker.host.values.get(`${HEALTH}/uptime`), 120n);
    publish(sample('voltage_l1_n', 231));
    assert.deepEqual(broker.last.published.slice(2), ['NDATA', 'NDATA', 'DDATA']);
    await session.close();
    assert.equal(clock.pending, 0);
    assert.deepEqual(broker.host.violations, []);
  });

  it('gathers present values in an instance that is complete in DBIRTH and has what changed in DDATA', async () => {
    const { clock, broker, session, accept, publish } = bench();
    await accept();
    publish(sample('voltage_l1_n', 230), sample('own', 1), sample('current_l1', 5, { at: START + 3 }));
    await clock.advance(1000);
    assert.deepEqual(broker.host.births.at(-1)?.names, ['own', 'process']);
    assert.equal(broker.host.values.get(`${PROCESS}/frequency`), null);
    publish(sample('voltage_l1_n', 231), sample('own', 2), sample('current_l1', 5));
    assert.equal(broker.host.values.get(`${PROCESS}/voltage_l1_n`), 231);
    assert.equal(broker.host.values.get('M/own'), 2);
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('takes the first value of a member as data, with its unit, and a further birth only for what stands by itself', async () => {
    const { clock, broker, session, accept, publish } = bench();
    await accept();
    publish(sample('voltage_l1_n', 230));
    await clock.advance(1000);
    assert.equal(broker.host.qualities.get(`${PROCESS}/frequency`), 500, 'not read yet');
    publish(sample('frequency', 50));
    assert.equal(broker.host.values.get(`${PROCESS}/frequency`), 50);
    assert.equal(broker.host.qualities.get(`${PROCESS}/frequency`), 192);
    assert.deepEqual(broker.last.published.slice(-2), ['DBIRTH', 'DDATA']);
    await clock.advance(3000);
    assert.equal(broker.host.counts['DBIRTH'], 1);
    const { template } = decodePayload(broker.last.payloads.at(-1) ?? new Uint8Array()).metrics.flatMap(({ raw }) =>
      raw?.field === 'template' ? [{ template: raw.content }] : [],
    )[0] ?? { template: undefined };
    assert.equal(template?.members[0]?.properties?.['engUnit']?.value, 'V');
    publish(alarm('active', 'Boolean', true));
    await clock.advance(1000);
    assert.equal(broker.host.counts['DBIRTH'], 2, 'an instance that no birth had');
    publish(alarm('message', 'String', 'phase L1 is missing'));
    assert.equal(broker.host.values.get('M/alarms/phase_loss/message'), 'phase L1 is missing');
    publish({ ...sample('current_l1', 1), type: 'Double' });
    await clock.advance(1000);
    assert.equal(broker.host.counts['DBIRTH'], 3, 'not of the datatype of the definition');
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('sends history of a member that no reading has brought yet without another birth', async () => {
    const { clock, broker, session, accept, publish } = bench();
    publish(sample('frequency', 49, { at: START + 1 }));
    publish(sample('frequency', 50, { at: START + 2 }));
    session.remove('M');
    await accept();
    publish(sample('voltage_l1_n', 230));
    await clock.advance(3000);
    assert.deepEqual(broker.host.history.get(`${PROCESS}/frequency`), [
      [START + 1, 49],
      [START + 2, 50],
    ]);
    assert.equal(broker.host.counts['DBIRTH'], 1);
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('sends what it kept as historical instances, with the time of each value', async () => {
    const { clock, broker, session, accept, publish } = bench();
    for (const value of [1, 2, 3]) {
      publish(sample('voltage_l1_n', value, { at: START + value }), sample('own', value, { at: START + value }));
    }
    await accept();
    publish(sample('voltage_l1_n', 4, { at: START + 4 }));
    await clock.advance(3000);
    assert.deepEqual(broker.host.history.get(`${PROCESS}/voltage_l1_n`), [
      [START + 1, 1],
      [START + 2, 2],
      [START + 3, 3],
    ]);
    assert.equal(broker.host.history.get('M/own')?.length, 3);
    assert.equal(broker.host.values.get(`${PROCESS}/voltage_l1_n`), 4);
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('gathers the metrics of an alarm in an instance, and leaves flat what does not fit a definition', async () => {
    const { clock, broker, session, accept, publish } = bench();
    await accept();
    publish(alarm('active', 'Boolean', true), alarm('note', 'String', 'x'), alarm('severity', 'Int32', 3));
    publish({ ...sample('voltage_l1_n', 1), type: 'Double' });
    await clock.advance(1000);
    assert.deepEqual(broker.host.births.at(-1)?.names.toSorted(), [
      'alarms/phase_loss',
      'alarms/phase_loss/note',
      'alarms/phase_loss/severity',
      'voltage_l1_n',
    ]);
    publish(alarm('active', 'Boolean', false));
    assert.equal(broker.host.values.get('M/alarms/phase_loss/active'), false);
    await session.close();
    assert.deepEqual(broker.host.violations, []);
  });

  it('refuses metrics that have the name of an instance', async () => {
    const { session } = bench();
    for (const name of ['process', 'alarms/phase_loss']) {
      assert.throws(
        () => {
          session.publish('M', [sample(name, 1)]);
        },
        (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
      );
    }
    await session.close();
  });
});
