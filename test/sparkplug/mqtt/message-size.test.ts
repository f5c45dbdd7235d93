import assert from 'node:assert/strict';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { conditionOf } from '../../../src/sparkplug/metrics/metric-condition';
import type { EdgeEffect, EdgeEvent } from '../../../src/sparkplug/edge/edge-events';
import { EdgeNode } from '../../../src/sparkplug/edge/edge-node';
import { decodePayload } from '../../../src/sparkplug/codec/payload';
import { SizeLimit, type Traffic, publishBytes, trafficOf } from '../../../src/sparkplug/mqtt/message-size';
import { START, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';
import { StrictHost } from '../../../testkit/sparkplug/strict-host';

const text = (name: string, length: number): MetricSample => ({
  ...sample(name, 0),
  type: 'String',
  value: 'x'.repeat(length),
});

const described = (name: string): MetricSample => ({
  ...sample(name, 1),
  description: {
    engUnit: { type: 'String', value: 'V' },
    documentation: { type: 'String', value: 'd'.repeat(200) },
    tooltip: { type: 'String', value: 't'.repeat(200) },
  },
});

function bench(maximumBytes: number) {
  const edge = new EdgeNode({ groupId: 'G', edgeNodeId: 'N' });
  const host = new StrictHost();
  const warnings: string[] = [];
  const failures: string[] = [];
  const sizes: number[] = [];
  const unsent: MetricSample[] = [];
  const tell = (event: EdgeEvent): readonly EdgeEffect[] => {
    const effects = edge.handle(event);
    for (const effect of effects) {
      if (effect.kind === 'warn') warnings.push(effect.message);
      if (effect.kind === 'failed') failures.push(effect.error.message);
      if (effect.kind === 'unsent') unsent.push(...effect.samples);
      if (effect.kind !== 'publish') continue;
      sizes.push(publishBytes(effect.topic, effect.payload));
      host.observe(effect.topic, effect.payload);
    }
    return effects;
  };
  const connect = (limit: number): readonly EdgeEffect[] => {
    tell({ kind: 'connecting', bdSeq: 0, at: START });
    tell({ kind: 'connected', maximumBytes: limit });
    return tell({ kind: 'subscribed', at: START });
  };
  const take = (deviceId: string, ...samples: readonly MetricSample[]): void => {
    tell({ kind: 'samples', deviceId, samples, at: START });
    tell({ kind: 'settled', deviceId, at: START });
  };
  const effects = connect(maximumBytes);
  return { edge, host, warnings, failures, sizes, unsent, tell, connect, take, effects };
}

describe('an edge node at a broker that takes small messages only', () => {
  it('sends the texts of a birth that is too large as data', () => {
    const { edge, host, warnings, sizes, take } = bench(600);
    take('M', sample('a', 1), text('note', 300), text('other', 300));
    assert.deepEqual(edge.bornDevices, ['M']);
    assert.deepEqual([host.counts['DBIRTH'], host.counts['DDATA']], [1, 2]);
    assert.equal(host.values.get('M/note'), 'x'.repeat(300));
    assert.equal(host.values.get('M/other'), 'x'.repeat(300));
    assert.equal(host.values.get('M/a'), 1);
    assert.ok(Math.max(...sizes) <= 600);
    assert.deepEqual([host.violations, warnings], [[], []]);
  });

  it('leaves out the words for people before it leaves out a device', () => {
    const { edge, host, sizes, take } = bench(600);
    take('M', described('a'), described('b'));
    assert.deepEqual(edge.bornDevices, ['M']);
    assert.ok(Math.max(...sizes) <= 600);
    assert.deepEqual(host.violations, []);
  });

  it('says a value that is too large as bad, names it once, and sends the others', () => {
    const { host, warnings, sizes, tell, take } = bench(600);
    take('M', sample('a', 1), text('note', 10));
    for (const value of [2, 3, 4]) {
      tell({ kind: 'samples', deviceId: 'M', samples: [text('note', 900 + value), sample('a', value)], at: START });
      assert.equal(host.values.get('M/note'), null);
      assert.equal(host.qualities.get('M/note'), 0);
      assert.equal(host.values.get('M/a'), value);
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /values of note of M are larger than the 600 bytes/);
    assert.ok(Math.max(...sizes) <= 600);
    assert.deepEqual(host.violations, []);
  });

  it('says that a value is good again after one that was too large, in data and after a birth', () => {
    const { host, warnings, tell, take } = bench(600);
    take('M', sample('a', 1), text('note', 10));
    const say = (length: number): void => {
      tell({ kind: 'samples', deviceId: 'M', samples: [text('note', length)], at: START });
    };
    const seen = (): unknown => [host.values.get('M/note'), host.qualities.get('M/note')];
    for (const length of [20, 900, 900, 901]) say(length);
    assert.deepEqual(seen(), [null, 0]);
    say(30);
    assert.deepEqual(seen(), ['x'.repeat(30), 192]);
    say(900);
    tell({ kind: 'message', topic: 'spBv1.0/G/NCMD/N', payload: rebirthCommand(), isRetained: false, at: START });
    tell({ kind: 'quietOver', at: START });
    assert.deepEqual([host.counts['NBIRTH'], host.counts['DBIRTH']], [2, 2]);
    assert.deepEqual(seen(), [null, 0]);
    say(31);
    assert.deepEqual(seen(), ['x'.repeat(31), 192]);
    assert.equal(warnings.length, 1);
    assert.deepEqual(host.violations, []);
  });

  it('repeats the quality of a text that follows its birth as data', () => {
    const { edge, tell } = bench(600);
    const stale = { ...text('note', 400), condition: conditionOf('uncertain', 'stale') };
    tell({ kind: 'samples', deviceId: 'M', samples: [sample('a', 1), stale, text('other', 300)], at: START });
    const effects = tell({ kind: 'settled', deviceId: 'M', at: START });
    assert.deepEqual(edge.bornDevices, ['M']);
    const data = effects.flatMap((effect) =>
      effect.kind === 'publish' && effect.message === 'DDATA' ? decodePayload(effect.payload).metrics : [],
    );
    assert.deepEqual(
      data.map(({ properties }) => properties?.['Quality']?.value),
      [500, 192],
    );
  });

  it('cuts data into as many messages as it takes, each value once', () => {
    const { host, sizes, tell, take } = bench(2000);
    const texts = (length: number) => Array.from({ length: 12 }, (_, index) => text(`text_${index}`, length));
    take('M', ...texts(1));
    const before = sizes.length;
    tell({ kind: 'samples', deviceId: 'M', samples: texts(500), at: START });
    for (let index = 0; index < 12; index++) assert.equal(host.values.get(`M/text_${index}`), 'x'.repeat(500));
    assert.ok(sizes.length - before >= 4, `${sizes.length - before} messages`);
    assert.ok(Math.max(...sizes) <= 2000);
    assert.deepEqual([host.violations, host.twiceLive], [[], []]);
  });

  it('leaves out one device whose birth is too large all the same, and keeps its values', () => {
    const { edge, host, warnings, unsent, tell, connect, take } = bench(600);
    const many = Array.from({ length: 40 }, (_, index) => sample(`metric_${index}`, index));
    take('large', ...many);
    take('M', sample('a', 1));
    tell({ kind: 'samples', deviceId: 'large', samples: [sample('metric_0', 7)], at: START });
    assert.deepEqual(edge.bornDevices, ['M']);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /the DBIRTH of device "large" is larger than the 600 bytes/);
    assert.deepEqual(
      unsent.map(({ value }) => value),
      [...many.map(({ value }) => value), 7],
    );
    for (const limit of [600, 100_000]) {
      tell({ kind: 'disconnected' });
      host.observeLoss();
      connect(limit);
    }
    assert.equal(warnings.length, 1, 'said once');
    assert.deepEqual([...edge.bornDevices].sort(), ['M', 'large']);
    assert.equal(host.values.get('large/metric_0'), 7);
    assert.deepEqual(host.violations, []);
  });

  it('is not born, with a sentence, where not even NBIRTH passes', () => {
    const { edge, failures, effects } = bench(40);
    assert.match(failures[0] ?? '', /the NBIRTH is larger than the 40 bytes/);
    assert.deepEqual(effects.at(-1), { kind: 'disconnect', reason: 'too_large', leavesWill: true });
    assert.equal(edge.phase, 'offline');
  });

  it('tries one that was left out again after a while, where its birth got smaller or the broker takes more', () => {
    const { edge, host, warnings, unsent, tell, take } = bench(400);
    const many = Array.from({ length: 30 }, (_, index) => sample(`metric_${index}_of_many`, index));
    take('Large', ...many);
    const due = (maximumBytes: number): readonly EdgeEffect[] => tell({ kind: 'sizeDue', maximumBytes, at: START });
    const publishes = (effects: readonly EdgeEffect[]): number =>
      effects.filter((effect) => effect.kind === 'publish').length;
    const tooSoon = due(400);
    assert.equal(publishes(tooSoon), 0);
    assert.ok(
      tooSoon.some(({ kind }) => kind === 'oversized'),
      'it is tried once more',
    );
    assert.equal(warnings.length, 1, 'said once');
    assert.deepEqual(edge.bornDevices, []);
    const held = unsent.length;
    assert.ok(publishes(due(20_000)) > 0);
    assert.deepEqual(edge.bornDevices, ['Large']);
    assert.equal(unsent.length, held, 'nothing is kept twice');
    assert.deepEqual(host.violations, []);
    assert.deepEqual(due(20_000), [], 'nothing is left to try');
  });

  it('goes on after a rebirth that a smaller limit made impossible for one device', () => {
    const { edge, tell, take } = bench(100_000);
    take('M', sample('a', 1));
    tell({ kind: 'message', topic: 'spBv1.0/G/NCMD/N', payload: rebirthCommand(), isRetained: false, at: START });
    tell({ kind: 'quietOver', at: START });
    assert.deepEqual(edge.bornDevices, ['M']);
  });
});

describe('history that needs more than it may', () => {
  it('is held back as a whole, says what it needs, and uses up no number', () => {
    const { edge, host, sizes, tell, take } = bench(600);
    take('M', sample('a', 1), sample('note', 1));
    const samples = Array.from({ length: 40 }, (_, index) => sample('a', index, { at: START + index }));
    const forward = (allowed: Traffic): readonly EdgeEffect[] =>
      tell({ kind: 'history', deviceId: 'M', samples, isForced: false, allowed, at: START });
    const before = [edge.counts, sizes.length];
    const [held, ...others] = forward({ messages: 1, bytes: 10_000 });
    assert.ok(held?.kind === 'held' && others.length === 0);
    assert.deepEqual(forward({ ...held.needs, bytes: held.needs.bytes - 1 }), [held]);
    assert.deepEqual([edge.counts, sizes.length], before);
    const sent = forward(held.needs).filter((effect) => effect.kind === 'publish');
    assert.deepEqual(trafficOf(sent), held.needs);
    assert.ok(sent.length > 1, 'more than the broker takes in one message');
    assert.deepEqual(host.violations, []);
  });
});

describe('the limit of messages', () => {
  it('is the smaller one of setting and CONNACK', () => {
    const limit = new SizeLimit(5000);
    assert.equal(limit.bytes, 5000);
    limit.begin(0, 3000);
    assert.equal(limit.bytes, 3000);
    limit.begin(0, 8000);
    assert.equal(limit.bytes, 5000);
  });

  it('is learned from connections that end at once after the same large message, and forgotten after an hour', () => {
    const limit = new SizeLimit();
    const round = (nowMs: number) => {
      limit.begin(nowMs);
      limit.onPublish('NBIRTH of N', 200, nowMs);
      limit.onPublish('DBIRTH of M', 22_000, nowMs);
      return limit.onLost(nowMs + 50);
    };
    for (let index = 0; index < 3; index++) {
      assert.deepEqual(round(index * 1000), { what: 'DBIRTH of M', bytes: 22_000, verdict: 'possible' });
      assert.equal(limit.bytes, Infinity);
    }
    assert.equal(round(3000)?.verdict, 'learned');
    assert.ok(limit.bytes < 22_000);
    limit.begin(4000);
    assert.ok(limit.bytes < 22_000);
    limit.begin(4_000_000);
    assert.equal(limit.bytes, Infinity);
  });

  it('is tried again after an hour within a session too, and costs one connection where it still holds', () => {
    const limit = new SizeLimit();
    const lose = (nowMs: number): string | undefined => {
      limit.onPublish('DBIRTH of M', 22_000, nowMs);
      return limit.onLost(nowMs + 50)?.verdict;
    };
    for (let index = 0; index < 4; index++) lose(index * 1000);
    limit.begin(4000);
    assert.ok(limit.bytesAt(3_500_000) < 22_000);
    assert.equal(limit.bytesAt(3_700_000), Infinity);
    assert.equal(lose(3_700_000), 'learned');
    assert.ok(limit.bytesAt(3_701_000) < 22_000);
    // Where the broker takes it after all, one lost connection proves as little as before.
    assert.equal(limit.bytesAt(7_400_000), Infinity);
    limit.onPublish('DBIRTH of M', 22_000, 7_400_000);
    limit.onTaken(22_000);
    limit.onPublish('DBIRTH of M', 23_000, 7_401_000);
    assert.equal(limit.onLost(7_401_050)?.verdict, 'possible');
  });

  it('is no explanation for a broker that ends every session after small births', () => {
    const limit = new SizeLimit();
    for (let index = 0; index < 20; index++) {
      limit.begin(index * 1000);
      limit.onPublish('NBIRTH of N', 200, index * 1000);
      limit.onPublish('DBIRTH of M', 900, index * 1000);
      assert.equal(limit.onLost(index * 1000 + 50), undefined);
    }
    assert.equal(limit.bytes, Infinity);
  });

  it('is none where everything that a session needs is followed by the end: rights, not size', () => {
    const limit = new SizeLimit();
    const seen: string[] = [];
    let nowMs = 0;
    const round = (): void => {
      nowMs += 1000;
      limit.begin(nowMs);
      limit.onPublish('NBIRTH of N', 200, nowMs, true);
      for (const bytes of [22_000, 5000]) if (bytes <= limit.bytes) limit.onPublish('DBIRTH of M', bytes, nowMs);
      seen.push(limit.onLost(nowMs + 50)?.verdict ?? '');
    };
    for (let index = 0; index < 30; index++) round();
    assert.deepEqual(
      seen.filter((verdict) => verdict !== 'possible'),
      ['learned', 'learned', 'ruled out'],
    );
    assert.equal(limit.bytes, Infinity, 'nothing is left out any more');
    // The rights were given: from now on size can be the cause again.
    limit.onPublish('DBIRTH of M', 22_000, nowMs);
    limit.onTaken(22_000);
    limit.onPublish('DBIRTH of M', 90_000, nowMs);
    assert.equal(limit.onLost(nowMs)?.verdict, 'possible');
  });

  it('learns nothing from a message that the broker has read, or a connection that ends later', () => {
    const limit = new SizeLimit();
    for (let index = 0; index < 20; index++) {
      limit.begin(index * 10_000);
      limit.onPublish('DBIRTH of M', 22_000, index * 10_000);
      if (index % 2 === 0) limit.onTaken(limit.unknownBytes);
      assert.equal(limit.onLost(index * 10_000 + (index % 2 === 0 ? 10 : 5000)), undefined);
    }
    assert.equal(limit.bytes, Infinity);
  });
});
