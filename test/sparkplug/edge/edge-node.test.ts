import assert from 'node:assert/strict';
import { hasCode } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import type { EdgeEffect, EdgeEvent } from '../../../src/sparkplug/edge/edge-events';
import { EdgeNode, type EdgeNodeSettings } from '../../../src/sparkplug/edge/edge-node';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { opcQualityCode } from '../../../src/domain/quality/quality';
import { decodePayload, encodePayload } from '../../../src/sparkplug/codec/payload';
import { PROCESS_INSTANCE, isProcessMember } from '../../../src/sparkplug/metrics/template-instances';
import {
  START,
  failed,
  hostState,
  nextServerCommand,
  rebirthCommand,
  sample,
} from '../../../testkit/sparkplug/samples';
import { StrictHost } from '../../../testkit/sparkplug/strict-host';
import { pickOne } from '../../../testkit/pick-one';

const NCMD = 'spBv1.0/G/NCMD/N';
const STATE = 'spBv1.0/STATE/scada';

/** An edge node whose publishes a strict host reads. */
class Bench {
  readonly host = new StrictHost();
  readonly edge: EdgeNode;
  readonly effects: EdgeEffect[] = [];
  bdSeq = 0;
  at = START;

  constructor(primaryHostId?: string, over: Partial<EdgeNodeSettings> = {}) {
    this.edge = new EdgeNode({
      ...over,
      groupId: 'G',
      edgeNodeId: 'N',
      ...(primaryHostId === undefined ? {} : { primaryHostId }),
    });
  }

  tell(event: EdgeEvent): readonly EdgeEffect[] {
    const effects = this.edge.handle(event);
    for (const effect of effects) {
      if (effect.kind === 'publish') this.host.observe(effect.topic, effect.payload);
      if (effect.kind === 'connect') this.host.observeWill(effect.will.topic, effect.will.payload);
    }
    this.effects.push(...effects);
    return effects;
  }

  connect(): void {
    this.tell({ kind: 'connecting', bdSeq: this.bdSeq++, at: this.at });
    this.tell({ kind: 'connected' });
    this.tell({ kind: 'subscribed', at: this.at });
  }

  samples(deviceId: string, ...samples: readonly MetricSample[]): readonly EdgeEffect[] {
    return this.tell({ kind: 'samples', deviceId, samples, isLost: false, at: this.at });
  }

  /** The meter is lost. */
  lose(deviceId: string, ...samples: readonly MetricSample[]): readonly EdgeEffect[] {
    return this.tell({ kind: 'samples', deviceId, samples, isLost: true, at: this.at });
  }

  settle(deviceId: string): readonly EdgeEffect[] {
    return this.tell({ kind: 'settled', deviceId, at: this.at });
  }

  message(topic: string, payload: Uint8Array, isRetained = false): readonly EdgeEffect[] {
    return this.tell({ kind: 'message', topic, payload, isRetained, at: this.at });
  }

  assertClean(): void {
    assert.deepEqual(this.host.violations, []);
  }
}

function messages(effects: readonly EdgeEffect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.message] : []));
}

function bornBench(): Bench {
  const bench = new Bench();
  bench.connect();
  bench.samples('M', sample('a', 1), sample('b', 2));
  bench.settle('M');
  return bench;
}

describe('edge node', () => {
  it('connects with its NDEATH as the will, subscribes to commands, then is born', () => {
    const bench = new Bench();
    const [connect] = bench.tell({ kind: 'connecting', bdSeq: 7, at: START });
    assert.ok(connect?.kind === 'connect');
    assert.equal(connect.will.topic, 'spBv1.0/G/NDEATH/N');
    const will = decodePayload(connect.will.payload);
    assert.equal(will.seq, undefined);
    assert.deepEqual(
      will.metrics.map(({ name, datatype, value }) => [name, datatype, value]),
      [['bdSeq', 4, 7n]],
    );
    assert.deepEqual(bench.tell({ kind: 'connected' }), [{ kind: 'subscribe', topics: [NCMD] }]);
    assert.deepEqual(messages(bench.tell({ kind: 'subscribed', at: START })), ['NBIRTH']);
    bench.assertClean();
  });

  it('has every device of before in the births, NBIRTH first, seq from 0', () => {
    const bench = new Bench();
    for (const device of ['M1', 'M2']) {
      const effects = bench.samples(device, sample('a', 1));
      assert.deepEqual(
        effects.map(({ kind }) => kind),
        ['unsent', 'settle'],
      );
      bench.settle(device);
    }
    bench.connect();
    assert.deepEqual(messages(bench.effects), ['NBIRTH', 'DBIRTH', 'DBIRTH']);
    assert.deepEqual(bench.edge.bornDevices, ['M1', 'M2']);
    bench.assertClean();
  });

  it('publishes what changed, under aliases that no other metric of the node has', () => {
    const bench = bornBench();
    bench.samples('M2', sample('a', 5), sample('voltage_l1_n', 230));
    bench.settle('M2');
    assert.deepEqual(messages(bench.samples('M', sample('a', 3), sample('b', 2))), ['DDATA']);
    assert.deepEqual(messages(bench.samples('M', sample('a', 3), sample('b', 2))), []);
    assert.deepEqual(messages(bench.samples('M2', sample('a', 6))), ['DDATA']);
    assert.equal(bench.host.values.get('M/a'), 3);
    assert.equal(bench.host.values.get('M2/a'), 6);
    bench.assertClean();
  });

  it('waits for other groups before a device is born, and is born again once for a metric that comes later', () => {
    const bench = new Bench();
    bench.connect();
    bench.samples('M', sample('a', 1));
    assert.deepEqual(messages(bench.samples('M', sample('b', 2))), []);
    assert.deepEqual(messages(bench.settle('M')), ['DBIRTH']);
    const later = bench.samples('M', sample('a', 2), sample('c', 3));
    assert.deepEqual(messages(later), ['DDATA']);
    assert.ok(later.some((effect) => effect.kind === 'settle'));
    assert.ok(!bench.samples('M', sample('d', 4)).some((effect) => effect.kind === 'settle'));
    assert.deepEqual(messages(bench.settle('M')), ['DBIRTH']);
    assert.deepEqual(bench.host.births.at(-1)?.names.toSorted(), ['a', 'b', 'c', 'd']);
    assert.deepEqual(messages(bench.samples('M', sample('c', 5), sample('d', 6))), ['DDATA']);
    bench.assertClean();
  });

  it('gives a metric whose datatype changed a birth before its data', () => {
    const bench = bornBench();
    const text: MetricSample = { ...sample('a', 1), type: 'String', value: 'on' };
    assert.deepEqual(messages(bench.samples('M', text)), []);
    assert.deepEqual(messages(bench.settle('M')), ['DBIRTH']);
    assert.equal(bench.host.values.get('M/a'), 'on');
    assert.deepEqual(messages(bench.samples('M', { ...text, value: 'off' })), ['DDATA']);
    bench.assertClean();
  });

  it('says DDEATH when the meter is lost, nothing while it is dead, and DBIRTH when it is back', () => {
    const bench = bornBench();
    assert.deepEqual(messages(bench.lose('M', failed('a'), failed('b'))), ['DDEATH']);
    assert.deepEqual(messages(bench.lose('M', failed('a'), failed('b'))), []);
    assert.deepEqual(messages(bench.samples('M', sample('a', 9))), ['DBIRTH']);
    assert.equal(bench.host.values.get('M/a'), 9);
    assert.equal(bench.host.qualities.get('M/b'), 0);
    bench.assertClean();
  });

  it('publishes a failed group as bad while another answers, and says DDEATH when the meter is lost', () => {
    const bench = bornBench();
    assert.deepEqual(messages(bench.samples('M', failed('a'))), ['DDATA']);
    assert.equal(bench.host.qualities.get('M/a'), 0);
    assert.deepEqual(messages(bench.samples('M', sample('b', 3))), ['DDATA']);
    assert.deepEqual(messages(bench.samples('M', failed('a'))), []);
    assert.deepEqual(messages(bench.lose('M', failed('a'))), ['DDEATH']);
    // What is known beside telemetry does not say whether the meter answers.
    const alarm = { kind: 'samples', deviceId: 'M', samples: [sample('alarms/x', 1)], at: bench.at } as const;
    assert.deepEqual(messages(bench.tell(alarm)), []);
    bench.assertClean();
  });

  it('does not give birth to a meter that has never answered', () => {
    const bench = new Bench();
    bench.connect();
    assert.deepEqual(bench.lose('M', failed('a')), []);
    bench.samples('M', sample('a', 1));
    bench.lose('M', failed('a'));
    assert.deepEqual(messages(bench.settle('M')), []);
    assert.deepEqual(bench.samples('M', sample('a', 2)), [{ kind: 'settle', deviceId: 'M' }]);
    assert.deepEqual(messages(bench.settle('M')), ['DBIRTH']);
    bench.assertClean();
  });

  it('sends quality with data while it is not good, and once when it is good again, its reason when it changes', () => {
    const bench = bornBench();
    const properties = (effects: readonly EdgeEffect[]): unknown => {
      const publish = effects.find((effect) => effect.kind === 'publish');
      assert.ok(publish !== undefined);
      const found = Object.entries(decodePayload(publish.payload).metrics[0]?.properties ?? {});
      return Object.fromEntries(found.map(([key, { value }]) => [key, value]));
    };
    assert.deepEqual(properties(bench.samples('M', sample('a', 3))), {});
    const inferred = { quality: 'uncertain', reason: 'layout_inferred' } as const;
    const whole = { Quality: 500, qualityCode: opcQualityCode('uncertain'), qualityReason: 'layout_inferred' };
    assert.deepEqual(properties(bench.samples('M', sample('a', 3, inferred))), whole);
    assert.deepEqual(properties(bench.samples('M', sample('a', 4, inferred))), { Quality: 500 });
    const assumed = { quality: 'uncertain', reason: 'layout_assumed' } as const;
    assert.deepEqual(properties(bench.samples('M', sample('a', 4, assumed))), {
      ...whole,
      qualityReason: 'layout_assumed',
    });
    assert.deepEqual(properties(bench.samples('M', sample('a', 4))), {
      Quality: 192,
      qualityCode: 192,
      qualityReason: '',
    });
    assert.deepEqual(properties(bench.samples('M', sample('a', 5))), {});
    bench.assertClean();
  });

  it('names every metric where aliases are not wanted, and gives datatypes in data where they are', () => {
    const bench = new Bench(undefined, { naming: { withoutAliases: true, datatypesInData: true } });
    bench.connect();
    bench.samples('M', sample('a', 1));
    bench.settle('M');
    for (const effects of [bench.effects, bench.samples('M', sample('a', 2))]) {
      const publish = effects.findLast((effect) => effect.kind === 'publish');
      const [metric] = decodePayload(publish?.payload ?? new Uint8Array()).metrics;
      assert.deepEqual([metric?.name, metric?.alias, metric?.datatype], ['a', undefined, 9]);
    }
    assert.equal(bench.host.values.get('M/a'), 2);
    assert.deepEqual(bench.host.violations, ['spBv1.0/G/DDATA/N/M: a: datatype in data']);
  });

  it('keeps several values of one metric in order of time', () => {
    const bench = bornBench();
    const effects = bench.samples(
      'M',
      sample('b', 9, { at: START + 3 }),
      sample('a', 8, { at: START + 2 }),
      sample('a', 7, { at: START + 1 }),
    );
    const publish = effects.find((effect) => effect.kind === 'publish');
    assert.ok(publish !== undefined);
    assert.deepEqual(
      decodePayload(publish.payload).metrics.map(({ timestamp }) => timestamp),
      [START + 1, START + 2, START + 3],
    );
    assert.equal(bench.host.values.get('M/a'), 8);
    bench.assertClean();
  });

  it('gives out every change while there is no session, once, and has the newest in the next birth', () => {
    const bench = bornBench();
    bench.tell({ kind: 'disconnected' });
    bench.host.observeLoss();
    for (const value of [10, 11, 11, 12]) bench.samples('M', sample('a', value));
    assert.equal(bench.edge.counts.suppressed, 3);
    const kept = bench.effects.flatMap((effect) => (effect.kind === 'unsent' ? effect.samples : []));
    assert.deepEqual(
      kept.map(({ value }) => value),
      [10, 11, 12],
    );
    bench.connect();
    assert.equal(bench.host.values.get('M/a'), 12);
    bench.assertClean();
  });

  it('sends values of earlier as historical, and nothing that the last birth does not know', () => {
    const bench = bornBench();
    const history = (deviceId: string, isForced: boolean, ...samples: readonly MetricSample[]): readonly EdgeEffect[] =>
      bench.tell({ kind: 'history', deviceId, samples, isForced, at: bench.at });
    assert.deepEqual(messages(history('M', false, sample('a', 7, { at: START - 5000 }))), ['DDATA']);
    assert.equal(bench.host.values.get('M/a'), 1, 'a historical value is not the present one');
    assert.deepEqual(bench.host.history.get('M/a'), [[START - 5000, 7]]);
    assert.deepEqual(history('M', false, sample('old', 1)), []);
    assert.deepEqual(history('unknown', true, sample('a', 1)), []);
    assert.deepEqual(messages(history('M', true, sample('old', 1))), ['DBIRTH', 'DDATA']);
    assert.equal(bench.host.values.get('M/old'), null);
    assert.equal(bench.host.qualities.get('M/old'), 500);
    assert.equal(bench.edge.counts.historical, 2);
    bench.assertClean();
  });

  it('does not let history wait for an alarm or a KPI, which may not come again for long', () => {
    const bench = bornBench();
    for (const name of ['alarms/phase_loss_l1/active', 'interval_demand']) {
      const tell = (...samples: readonly MetricSample[]): readonly EdgeEffect[] =>
        bench.tell({ kind: 'history', deviceId: 'M', samples, isForced: false, at: bench.at });
      assert.deepEqual(tell(sample(name, 7, { at: START - 5000 }), sample('old', 1)), [], 'a measured one may come');
      assert.deepEqual(messages(tell(sample(name, 7, { at: START - 5000 }))), ['DBIRTH', 'DDATA']);
      assert.equal(bench.host.values.get(`M/${name}`), null, 'nothing is known of it now');
      assert.deepEqual(bench.host.history.get(`M/${name}`), [[START - 5000, 7]]);
      assert.deepEqual(messages(tell(sample(name, 8, { at: START - 4000 }))), ['DDATA']);
    }
    bench.assertClean();
  });

  it('drops a value of earlier that does not fit the datatype of today, and waits while congested', () => {
    const bench = bornBench();
    const history = (deviceId: string, isForced: boolean, ...samples: readonly MetricSample[]): readonly EdgeEffect[] =>
      bench.tell({ kind: 'history', deviceId, samples, isForced, at: bench.at });
    const misfit = { ...sample('a', null), type: 'String' as const, value: 'text' };
    assert.deepEqual(history('M', false, misfit), [{ kind: 'unfit', deviceId: 'M', count: 1 }]);
    bench.tell({ kind: 'congested' });
    assert.deepEqual(history('M', false, sample('a', 8)), []);
    assert.equal(bench.edge.counts.historical, 0);
    bench.assertClean();
  });

  it('goes to the next server on command where there is one, and refuses it where there is none', () => {
    const command = nextServerCommand();
    const alone = bornBench();
    assert.deepEqual(
      alone.message(NCMD, command).map(({ kind }) => kind),
      ['warn'],
    );
    assert.equal(alone.edge.counts.refusedCommands, 1);
    const bench = new Bench(undefined, { hasFurtherServers: true });
    bench.connect();
    assert.deepEqual(
      bench.message(NCMD, command, true).filter(({ kind }) => kind !== 'warn'),
      [],
    );
    const effects = bench.message(NCMD, command);
    assert.deepEqual(messages(effects), ['NDEATH']);
    assert.deepEqual(effects.at(-1), { kind: 'disconnect', reason: 'next_server', leavesWill: false });
    assert.equal(bench.edge.phase, 'offline');
    bench.connect();
    assert.equal(bench.host.counts['NBIRTH'], 2);
    bench.assertClean();
  });

  it('leaves a server where its primary host is not, when there is another one', () => {
    const bench = new Bench('scada', { hasFurtherServers: true });
    bench.connect();
    const effects = bench.tell({ kind: 'hostMissing', at: bench.at });
    assert.deepEqual(effects, [{ kind: 'disconnect', reason: 'host_offline', leavesWill: true }]);
    bench.connect();
    assert.deepEqual(bench.message(STATE, hostState(false, 5), true), [
      { kind: 'disconnect', reason: 'host_offline', leavesWill: true },
    ]);
    assert.equal(bench.host.counts['NDEATH'], undefined);
  });

  it('tells the NBIRTH of another edge node with the same IDs from its own', () => {
    const bench = new Bench(undefined, { watchesDuplicates: true });
    bench.connect();
    const [subscribe] = bench.effects.filter(({ kind }) => kind === 'subscribe');
    assert.deepEqual(subscribe, { kind: 'subscribe', topics: [NCMD], watched: 'spBv1.0/G/NBIRTH/N' });
    const own = bench.effects.flatMap((effect) => (effect.kind === 'publish' ? [effect] : []))[0];
    assert.ok(own?.message === 'NBIRTH');
    assert.deepEqual(bench.message(own.topic, own.payload), [{ kind: 'returned' }]);
    const foreign = new Bench();
    foreign.at += 1;
    foreign.connect();
    const theirs = foreign.effects.flatMap((effect) => (effect.kind === 'publish' ? [effect] : []))[0];
    assert.deepEqual(bench.message(own.topic, theirs?.payload ?? new Uint8Array()), [{ kind: 'duplicate' }]);
    assert.equal(bench.edge.counts.foreignBirths, 1);
  });

  it('runs seq over the whole node and past 255', () => {
    const bench = bornBench();
    bench.samples('M2', sample('a', 0));
    bench.settle('M2');
    for (let round = 0; round < 600; round++) bench.samples(round % 2 === 0 ? 'M' : 'M2', sample('a', round + 100));
    assert.equal(bench.host.counts['DDATA'], 600);
    bench.assertClean();
  });

  it('makes all births again on a rebirth command, with the same bdSeq', () => {
    const bench = bornBench();
    bench.tell({ kind: 'quietOver', at: START });
    assert.deepEqual(messages(bench.message(NCMD, rebirthCommand())), ['NBIRTH', 'DBIRTH']);
    assert.deepEqual(messages(bench.message(NCMD, rebirthCommand(false))), []);
    bench.assertClean();
  });

  it('answers a storm of rebirth commands with one more birth, and holds data back until it', () => {
    const bench = bornBench();
    bench.tell({ kind: 'quietOver', at: START });
    for (let round = 0; round < 100; round++) bench.message(NCMD, rebirthCommand());
    assert.equal(bench.host.counts['NBIRTH'], 2);
    assert.deepEqual(messages(bench.samples('M', sample('a', 77))), []);
    assert.deepEqual(messages(bench.tell({ kind: 'quietOver', at: START })), ['NBIRTH', 'DBIRTH']);
    assert.equal(bench.host.values.get('M/a'), 77);
    assert.deepEqual(messages(bench.tell({ kind: 'quietOver', at: START })), []);
    assert.equal(bench.edge.counts.rebirthRequests, 100);
    bench.assertClean();
  });

  it('refuses and counts every other command, retained ones, and what is no payload', () => {
    const bench = bornBench();
    bench.tell({ kind: 'quietOver', at: START });
    const write = encodePayload({ metrics: [{ name: 'Node Control/Reboot', type: 'Boolean', value: true }] });
    for (const [payload, isRetained] of [
      [write, false],
      [rebirthCommand(), true],
      [Uint8Array.of(0xff), false],
    ] as const) {
      const effects = bench.message(NCMD, payload, isRetained);
      assert.deepEqual(
        effects.map(({ kind }) => kind),
        ['warn'],
      );
    }
    assert.equal(bench.edge.counts.refusedCommands, 3);
    assert.deepEqual(bench.message('spBv1.0/G/NCMD/OTHER', rebirthCommand()), []);
    bench.assertClean();
  });

  it('waits for its primary host, and leaves with NDEATH when it goes offline', () => {
    const bench = new Bench('scada');
    bench.samples('M', sample('a', 1));
    bench.settle('M');
    bench.tell({ kind: 'connecting', bdSeq: 0, at: START });
    assert.deepEqual(bench.tell({ kind: 'connected' }), [{ kind: 'subscribe', topics: [NCMD, STATE] }]);
    bench.tell({ kind: 'subscribed', at: START });
    assert.equal(bench.edge.phase, 'waiting');
    for (const payload of [
      hostState(false, 5),
      Buffer.from('ONLINE'),
      Buffer.from('{"online":"true","timestamp":9}'),
    ]) {
      assert.deepEqual(messages(bench.message(STATE, payload)), []);
    }
    assert.deepEqual(messages(bench.message('spBv1.0/STATE/other', hostState(true, 9))), []);
    assert.deepEqual(messages(bench.message(STATE, hostState(true, 4))), [], 'older than the STATE before');
    assert.deepEqual(messages(bench.message(STATE, hostState(true, 5))), ['NBIRTH', 'DBIRTH']);
    assert.deepEqual(messages(bench.message(STATE, hostState(false, 4))), [], 'an old offline is ignored');
    const leaving = bench.message(STATE, hostState(false, 6));
    assert.deepEqual(messages(leaving), ['NDEATH']);
    assert.deepEqual(leaving.at(-1), { kind: 'disconnect', reason: 'host_offline', leavesWill: false });
    assert.equal(bench.edge.phase, 'offline');
    bench.assertClean();
  });

  it('is born at once when the STATE came before the subscriptions were confirmed', () => {
    const bench = new Bench('scada');
    bench.tell({ kind: 'connecting', bdSeq: 0, at: START });
    bench.tell({ kind: 'connected' });
    assert.deepEqual(messages(bench.message(STATE, hostState(true, 1))), []);
    assert.deepEqual(messages(bench.tell({ kind: 'subscribed', at: START })), ['NBIRTH']);
  });

  it('leaves with NDEATH and says nothing more', () => {
    const bench = bornBench();
    const effects = bench.tell({ kind: 'closing', at: START });
    assert.deepEqual(messages(effects), ['NDEATH']);
    assert.deepEqual(effects.at(-1), { kind: 'disconnect', reason: 'closing', leavesWill: false });
    assert.deepEqual(bench.samples('M', sample('a', 99)), []);
    assert.deepEqual(bench.tell({ kind: 'closing', at: START }), []);
    bench.assertClean();
  });

  it('publishes nothing when it is closed before it was born', () => {
    const bench = new Bench('scada');
    bench.connect();
    assert.deepEqual(bench.tell({ kind: 'closing', at: START }), [
      { kind: 'disconnect', reason: 'closing', leavesWill: true },
    ]);
  });

  it('says DDEATH for a device that is removed, and gives it new aliases until the next NBIRTH: hosts on Tahu refuse known ones', () => {
    const bench = bornBench();
    const alias = (): unknown => {
      const birth = bench.effects.findLast((effect) => effect.kind === 'publish' && effect.message === 'DBIRTH');
      assert.ok(birth?.kind === 'publish');
      return decodePayload(birth.payload).metrics[0]?.alias;
    };
    const before = alias();
    assert.deepEqual(messages(bench.tell({ kind: 'removed', deviceId: 'M', at: START })), ['DDEATH']);
    assert.deepEqual(messages(bench.settle('M')), []);
    bench.samples('M', sample('a', 1));
    assert.deepEqual(messages(bench.settle('M')), ['DBIRTH']);
    assert.notEqual(alias(), before);
    bench.message('spBv1.0/G/NCMD/N', rebirthCommand());
    bench.tell({ kind: 'quietOver', at: START });
    assert.equal(alias(), before);
    bench.assertClean();
  });

  it('holds data back while the broker is slow and catches up with the newest values', () => {
    const bench = bornBench();
    bench.tell({ kind: 'congested' });
    for (const value of [20, 21, 22]) assert.deepEqual(messages(bench.samples('M', sample('a', value))), []);
    assert.deepEqual(messages(bench.tell({ kind: 'drained', at: START })), ['DDATA']);
    assert.equal(bench.host.values.get('M/a'), 22);
    assert.equal(bench.edge.counts.suppressed, 2);
    assert.deepEqual(messages(bench.tell({ kind: 'drained', at: START })), []);
    bench.assertClean();
  });

  it('refuses IDs and samples that cannot be sent, and takes nothing of them', () => {
    for (const id of ['', 'a/b', 'a+', '#']) {
      assert.throws(
        () => new EdgeNode({ groupId: id, edgeNodeId: 'N' }),
        (thrown) => hasCode(thrown, 'SPARKPLUG_ID_INVALID'),
      );
      const bench = bornBench();
      assert.throws(
        () => bench.samples(id, sample('a', 1)),
        (thrown) => hasCode(thrown, 'SPARKPLUG_ID_INVALID'),
      );
    }
    const bench = bornBench();
    const wrong = [sample('a', 50), { ...sample('b', 1), value: 'text' }];
    assert.throws(
      () => bench.samples('M', ...wrong),
      (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
    );
    bench.samples('M', sample('b', 3));
    assert.equal(bench.host.values.get('M/a'), 1);
    bench.assertClean();
  });
});

describe('edge node under random events', () => {
  const DEVICES = ['M1', 'M2', 'M3'];
  const METRICS = ['a', 'b', 'c', 'voltage_l1_n', 'frequency'];

  const hasTemplates = (seed: number): boolean => seed % 4 >= 2;
  /** Where a strict host keeps a metric: a member has the path of its instance. */
  const pathOf = (seed: number, device: string, name: string): string =>
    hasTemplates(seed) && isProcessMember(name) ? `${device}/${PROCESS_INSTANCE}/${name}` : `${device}/${name}`;

  function run(seed: number, primaryHostId?: string): Bench {
    const random = seededRandom(seed);
    const bench = new Bench(primaryHostId, {
      hasFurtherServers: seed % 3 === 0,
      watchesDuplicates: true,
      ...(hasTemplates(seed) ? { templates: { version: '1.0.0', startedAt: START } } : {}),
    });
    const settling = new Set<string>();
    let isLinked = false;
    let isQuietTimer = false;
    const react = (effects: readonly EdgeEffect[]): void => {
      for (const effect of effects) {
        if (effect.kind === 'settle') settling.add(effect.deviceId);
        if (effect.kind === 'quiet') isQuietTimer = true;
        if (effect.kind === 'disconnect') isLinked = false;
      }
    };
    const steps: readonly (readonly [number, () => readonly EdgeEffect[]])[] = [
      [
        40,
        () => {
          const names = METRICS.filter(() => random() < 0.5);
          const isFailing = random() < 0.15;
          const samples = names.map((name) => {
            if (isFailing || random() < 0.1) return failed(name, bench.at);
            if (random() < 0.02) return { ...sample(name, 1, { at: bench.at }), type: 'String' as const, value: 'x' };
            return sample(name, Math.floor(random() * 5), { at: bench.at - Math.floor(random() * 3) });
          });
          return isFailing
            ? bench.lose(pickOne(random, DEVICES), ...samples)
            : bench.samples(pickOne(random, DEVICES), ...samples);
        },
      ],
      [
        10,
        () => {
          const device = pickOne(random, DEVICES);
          return settling.delete(device) ? bench.settle(device) : [];
        },
      ],
      [
        6,
        () => {
          if (isLinked) return [];
          isLinked = true;
          return [
            ...bench.tell({ kind: 'connecting', bdSeq: bench.bdSeq++ % 256, at: bench.at }),
            ...(random() < 0.8 ? bench.tell({ kind: 'connected' }) : []),
          ];
        },
      ],
      [8, () => (isLinked ? bench.tell({ kind: 'subscribed', at: bench.at }) : [])],
      [
        2,
        () => {
          isLinked = false;
          bench.host.observeLoss();
          return bench.tell({ kind: 'disconnected' });
        },
      ],
      [4, () => bench.message(NCMD, random() < 0.8 ? rebirthCommand() : Uint8Array.of(7, 7), random() < 0.1)],
      [
        6,
        () => {
          if (!isQuietTimer) return [];
          isQuietTimer = false;
          return bench.tell({ kind: 'quietOver', at: bench.at });
        },
      ],
      [4, () => bench.message(STATE, hostState(random() < 0.7, bench.at - Math.floor(random() * 3)))],
      [2, () => bench.tell({ kind: 'congested' })],
      [4, () => bench.tell({ kind: 'drained', at: bench.at })],
      [1, () => bench.tell({ kind: 'removed', deviceId: pickOne(random, DEVICES), at: bench.at })],
      [1, () => bench.tell({ kind: 'hostMissing', at: bench.at })],
      [2, () => bench.tell({ kind: 'healthDue', at: bench.at })],
      [1, () => bench.message(NCMD, nextServerCommand())],
      [
        8,
        () => {
          const samples = [
            sample(pickOne(random, [...METRICS, 'old']), Math.floor(random() * 5), { at: bench.at - 10_000 }),
          ];
          return bench.tell({
            kind: 'history',
            deviceId: pickOne(random, DEVICES),
            samples,
            isForced: random() < 0.2,
            at: bench.at,
          });
        },
      ],
    ];
    const total = steps.reduce((sum, [weight]) => sum + weight, 0);
    for (let step = 0; step < 400; step++) {
      bench.at += Math.floor(random() * 5);
      let ticket = random() * total;
      const chosen = steps.find(([weight]) => (ticket -= weight) < 0);
      react(chosen?.[1]() ?? []);
    }
    return bench;
  }

  it('breaks no rule that a strict host checks, whatever happens in whatever order', function () {
    this.timeout(120_000);
    const seen: Record<string, number> = {};
    for (let seed = 1; seed <= 300; seed++) {
      const bench = run(seed, seed % 2 === 0 ? 'scada' : undefined);
      assert.deepEqual(bench.host.violations, [], `seed ${seed}`);
      for (const [message, count] of Object.entries(bench.host.counts)) seen[message] = (seen[message] ?? 0) + count;
    }
    for (const message of ['NBIRTH', 'NDATA', 'DBIRTH', 'DDATA', 'DDEATH', 'NDEATH']) {
      assert.ok((seen[message] ?? 0) > 50, `${message} was hardly exercised: ${seen[message] ?? 0}`);
    }
  });

  it('ends with the newest values at the host once everything works again', function () {
    this.timeout(120_000);
    for (let seed = 1; seed <= 100; seed++) {
      const bench = run(seed);
      bench.tell({ kind: 'disconnected' });
      bench.host.observeLoss();
      bench.connect();
      for (const device of DEVICES) {
        bench.samples(device, ...METRICS.map((name, index) => sample(name, 1000 + index, { at: bench.at })));
        bench.settle(device);
      }
      for (const device of DEVICES) {
        METRICS.forEach((name, index) => {
          assert.equal(
            bench.host.values.get(pathOf(seed, device, name)),
            1000 + index,
            `seed ${seed} ${device} ${name}`,
          );
        });
      }
      bench.assertClean();
    }
  });
});
