import assert from 'node:assert/strict';
import type { EdgeEffect, EdgeEvent } from '../../../src/sparkplug/edge/edge-events';
import { EdgeNode } from '../../../src/sparkplug/edge/edge-node';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { type SeenMetric, type SeenPayload, readPayload } from '../../../testkit/sparkplug/independent-decoder';
import { START, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';

const FLOAT = 9;

interface Seen extends SeenPayload {
  readonly message: string;
  readonly topic: string;
}

/** An edge node whose messages are read one by one, with the classes that others use. */
function bench() {
  const edge = new EdgeNode({ groupId: 'G', edgeNodeId: 'N' });
  const seen: Seen[] = [];
  const tell = (event: EdgeEvent): readonly EdgeEffect[] => {
    const effects = edge.handle(event);
    for (const effect of effects) {
      if (effect.kind === 'publish')
        seen.push({ message: effect.message, topic: effect.topic, ...readPayload(effect.payload) });
    }
    return effects;
  };
  tell({ kind: 'connecting', bdSeq: 7, at: START });
  tell({ kind: 'connected' });
  tell({ kind: 'subscribed', at: START + 10 });
  const publish = (at: number, ...samples: readonly MetricSample[]): void => {
    tell({ kind: 'samples', deviceId: 'D', samples, at });
  };
  publish(START + 20, sample('a', 1), sample('voltage_l1_n', null, { reason: 'not_in_wiring', at: START + 5 }));
  tell({ kind: 'settled', deviceId: 'D', at: START + 30 });
  return { tell, seen, publish };
}

function metric({ metrics }: Seen | undefined = { message: '', topic: '', metrics: [] }, index = 0): SeenMetric {
  const found = metrics[index];
  assert.ok(found !== undefined);
  return found;
}

describe('messages of an edge node, read with the classes of Eclipse Tahu', () => {
  it('have the topics of the specification, with a device ID for devices only', () => {
    const { tell, seen, publish } = bench();
    publish(START + 40, sample('a', 2, { at: START + 35 }));
    tell({ kind: 'removed', deviceId: 'D', at: START + 50 });
    tell({ kind: 'closing', at: START + 60 });
    assert.deepEqual(
      seen.map(({ topic }) => topic),
      [
        'spBv1.0/G/NBIRTH/N',
        'spBv1.0/G/DBIRTH/N/D',
        'spBv1.0/G/DDATA/N/D',
        'spBv1.0/G/DDEATH/N/D',
        'spBv1.0/G/NDEATH/N',
      ],
    );
  });

  it('have a seq of one counter, but for NDEATH, which has bdSeq alone', () => {
    const { tell, seen, publish } = bench();
    publish(START + 40, sample('a', 2));
    tell({ kind: 'removed', deviceId: 'D', at: START + 50 });
    tell({ kind: 'closing', at: START + 60 });
    assert.deepEqual(
      seen.map(({ seq }) => seq),
      [0, 1, 2, 3, undefined],
    );
    assert.deepEqual(
      seen.at(-1)?.metrics.map(({ name, datatype, wire }) => [name, datatype, Number(wire.longValue)]),
      [['bdSeq', 4, 7]],
    );
  });

  it('have the time of publishing, and their metrics the time at which the value was taken', () => {
    const { tell, seen, publish } = bench();
    publish(START + 40, sample('a', 2, { at: START + 35 }));
    tell({ kind: 'removed', deviceId: 'D', at: START + 50 });
    tell({ kind: 'closing', at: START + 60 });
    assert.deepEqual(
      seen.map(({ timestamp }) => timestamp),
      [START + 10, START + 30, START + 40, START + 50, START + 60],
    );
    assert.deepEqual(
      seen.map(({ metrics }) => metrics.map(({ timestamp }) => timestamp)),
      [[START + 10, START + 10], [START, START + 5], [START + 35], [], [START + 60]],
    );
    assert.equal(START, Date.UTC(2026, 0, 1), 'milliseconds since 1970 in UTC');
  });

  it('bring bdSeq and the rebirth control in NBIRTH, the latter false and without alias', () => {
    const [birth] = bench().seen;
    const found = birth?.metrics.map(({ name, alias, datatype, wire, field }) => ({
      name,
      alias,
      datatype,
      value: field === 'booleanValue' ? wire.booleanValue : Number(wire.longValue),
    }));
    assert.deepEqual(found, [
      { name: 'bdSeq', alias: undefined, datatype: 4, value: 7 },
      { name: 'Node Control/Rebirth', alias: undefined, datatype: 11, value: false },
    ]);
  });

  it('name metrics with alias and datatype in births, and by the alias alone in data', () => {
    const { seen, publish } = bench();
    publish(START + 40, sample('a', 2));
    const birth = metric(seen[1]);
    assert.deepEqual([birth.name, birth.datatype], ['a', FLOAT]);
    assert.ok(birth.alias !== undefined);
    const data = metric(seen[2]);
    assert.deepEqual([data.name, data.datatype, data.alias], [undefined, undefined, birth.alias]);
  });

  it('have no value field where a value is null', () => {
    const { seen, publish } = bench();
    const birth = metric(seen[1], 1);
    assert.deepEqual([birth.name, birth.isNull, birth.field], ['voltage_l1_n', true, undefined]);
    publish(START + 40, sample('a', null, { reason: 'out_of_range' }));
    const data = metric(seen[2]);
    assert.deepEqual([data.isNull, data.field], [true, undefined]);
    assert.deepEqual(data.properties.get('Quality'), { type: 3, value: 0 });
  });

  it('keep bdSeq and start seq at 0 in a rebirth', () => {
    const { tell, seen, publish } = bench();
    publish(START + 40, sample('a', 2));
    tell({ kind: 'quietOver', at: START + 1000 });
    const payload = rebirthCommand();
    tell({ kind: 'message', topic: 'spBv1.0/G/NCMD/N', payload, isRetained: false, at: START + 1001 });
    const births = seen.slice(3);
    assert.deepEqual(
      births.map(({ message, seq }) => [message, seq]),
      [
        ['NBIRTH', 0],
        ['DBIRTH', 1],
      ],
    );
    assert.equal(Number(metric(births[0]).wire.longValue), 7);
  });

  it('have properties with a type each, as many keys as values', () => {
    const { wire, properties } = metric(bench().seen[1]);
    assert.equal(wire.properties?.keys?.length, wire.properties?.values?.length);
    assert.deepEqual([...properties.keys()], ['engUnit', 'Quality', 'qualityCode', 'qualityReason']);
    for (const [key, { type }] of properties) assert.ok([3, 12].includes(type), key);
    assert.deepEqual(properties.get('Quality'), { type: 3, value: 192 });
  });
});
