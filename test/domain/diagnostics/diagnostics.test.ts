import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import {
  DIAGNOSTICS,
  describeMeter,
  mergeDiagnostics,
  type ConnectionDiagnostics,
} from '../../../src/domain/diagnostics/diagnostics';
import { diagnosticsMetrics } from '../../../src/domain/diagnostics/diagnostics-metrics';
import { renderMetrics } from '../../../src/domain/diagnostics/prometheus';

const METER = { name: 'm"1', host: '10.0.0.1', port: 44_818, transport: 'ucmm', tags: { site: 'north' } };
const CONNECTION: ConnectionDiagnostics = {
  state: 'connected',
  since: 1000,
  reads: 10,
  coalesced: 3,
  failed: 2,
  failures: { ENIP_REPLY_TIMEOUT: 2 },
  timeouts: 2,
  reconnects: 1,
  latency: { edgesMs: [1, 5], counts: [4, 5, 1], sumMs: 30, maxMs: 9 },
  lastGoodAt: 9000,
};
const FACTS = { timestamp: 10_000, missedSlots: 4, maintenanceLeftMs: 0 };

describe('diagnostics of a meter', () => {
  const validate = new Ajv({ strict: false }).compile(DIAGNOSTICS.jsonSchema);

  it('fit their schema, whatever is known', () => {
    const waiting = {
      ...CONNECTION,
      state: 'waiting' as const,
      staleSince: 9000,
      error: { code: 'ENIP_CONNECT_FAILED' as const, message: 'no' },
    };
    for (const connection of [CONNECTION, waiting]) {
      for (const facts of [FACTS, { ...FACTS, maintenanceLeftMs: 5000 }]) {
        assert.ok(validate(describeMeter(METER, connection, facts)), JSON.stringify(validate.errors));
      }
    }
    assert.ok(!validate({ ...describeMeter(METER, CONNECTION, FACTS), reads: undefined }));
    assert.ok(!validate({ ...describeMeter(METER, CONNECTION, FACTS), missedSlots: -1 }));
  });

  it('say how the data of I/O connections comes, and what it costs the meter', () => {
    const implicit = {
      multicast: 9,
      pointToPoint: 0,
      groups: ['239.192.1.0:2222'],
      frames: 100,
      missed: 1,
      stale: 2,
      heartbeats: 98,
    };
    const told = describeMeter(METER, { ...CONNECTION, implicit }, FACTS);
    assert.ok(validate(told), JSON.stringify(validate.errors));
    assert.deepEqual(told.implicit, implicit);
    const text = renderMetrics(diagnosticsMetrics([told, describeMeter({ ...METER, name: 'm2' }, CONNECTION, FACTS)]));
    assert.match(text, /^pm500_multicast_connections\{[^}]*meter="m\\"1"[^}]*\} 9$/m);
    assert.match(text, /^pm500_heartbeats_total\{[^}]*\} 98$/m);
    assert.doesNotMatch(text, /^pm500_heartbeats_total\{[^}]*m2/m, 'a meter that is asked has none');
  });

  it('carry nothing that the contract does not have', () => {
    const known = Object.keys(DIAGNOSTICS.jsonSchema['properties'] as object);
    const odd = { ...CONNECTION, secret: 1 };
    for (const name of Object.keys(describeMeter(METER, odd, FACTS))) assert.ok(known.includes(name), name);
  });

  it('of several nodes are one per meter; each misses its own slots', () => {
    const one = describeMeter(METER, CONNECTION, FACTS);
    const other = describeMeter({ ...METER, name: 'm2' }, CONNECTION, FACTS);
    const merged = mergeDiagnostics([one, other, { ...one, missedSlots: 1 }]);
    assert.deepEqual(
      merged.map(({ meter, missedSlots, reads }) => [meter.name, missedSlots, reads]),
      [
        ['m"1', 5, 10],
        ['m2', 4, 10],
      ],
    );
  });

  it('become metrics with cumulative buckets in seconds and no sample twice', () => {
    const one = describeMeter(METER, { ...CONNECTION, staleSince: 4000 }, FACTS);
    const text = renderMetrics(diagnosticsMetrics([one, one]));
    const labels = 'site="north",meter="m\\"1",address="10.0.0.1:44818",transport="ucmm"';
    for (const line of [
      `pm500_up{${labels}} 1`,
      `pm500_stale_seconds{${labels}} 6`,
      `pm500_missed_slots_total{${labels}} 8`,
      `pm500_read_latency_seconds_bucket{${labels},le="0.001"} 4`,
      `pm500_read_latency_seconds_bucket{${labels},le="0.005"} 9`,
      `pm500_read_latency_seconds_bucket{${labels},le="+Inf"} 10`,
      `pm500_read_latency_seconds_sum{${labels}} 0.03`,
      `pm500_read_latency_seconds_count{${labels}} 10`,
    ]) {
      assert.ok(text.includes(`${line}\n`), `${line} is not in\n${text}`);
    }
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const names = samples.map((line) => line.slice(0, line.lastIndexOf(' ')));
    assert.equal(new Set(names).size, names.length);
  });
});
