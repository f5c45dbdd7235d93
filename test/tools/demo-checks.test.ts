import { strict as assert } from 'node:assert';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import type { ActiveAlarm } from '../../src/domain/alarms/alarm-set';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { checkAlarms, type AlarmEvidence } from '../../tools/demo/check-alarms';
import { checkKpis, type KpiEvidence } from '../../tools/demo/check-kpis';
import { checkQuality, type QualityEvidence } from '../../tools/demo/check-quality';
import type { Provocation } from '../../tools/demo/provoke';
import { Report } from '../../tools/demo/report';
import type { SeenMetric } from '../../tools/demo/sparkplug-watch';
import { collect, NOTHING_STORED, type Row } from '../../tools/demo/stored-samples';
import { telemetryOf } from '../../testkit/meters/telemetry';

const START = 1_767_600_000_000;
const PRESSED = START + 1500;
const VOLTAGES = { voltage_l1_l2: 470, voltage_l2_l3: 480, voltage_l3_l1: 490 };

const at = (second: number): number => START + 1000 * second;

/** What a check says is missing. */
function missingOf(check: (report: Report) => void): readonly string[] {
  const lines: string[] = [];
  const report = new Report((line) => lines.push(line));
  check(report);
  const passed = report.conclude();
  const missing = lines.filter((line) => line.startsWith('MISSING'));
  assert.equal(passed, missing.length === 0);
  return missing;
}

function provocation(fault: Provocation['fault'], parameters: Provocation['parameters'] = {}): Provocation {
  return { fault, parameters, button: 'Press me', pressedAt: PRESSED, overAt: at(60) };
}

const seen = (name: string, second: number, value: unknown, over: Partial<SeenMetric> = {}): SeenMetric => {
  return { device: 'm1', name, value, timestamp: at(second), isHistorical: false, quality: 192, reason: '', ...over };
};

const row = (field: string, second: number, value: unknown, tag = 'good'): Row => {
  return { field, value, tag, timestamp: at(second) };
};

describe('check of quality', () => {
  const bad = { reason: 'overload' } as const;
  const names = ['voltage_l1_n', 'voltage_unbalance'];
  const values = { voltage_l1_n: 277, voltage_unbalance: 1 };
  const nothing = { voltage_l1_n: null, voltage_unbalance: null };
  const telemetries = [
    telemetryOf(at(1), values),
    telemetryOf(at(2), nothing, undefined, bad),
    telemetryOf(at(3), values),
  ];
  const evidence: QualityEvidence = {
    telemetries,
    overload: provocation('overload'),
    published: names.flatMap((name) => [
      seen(name, 1, 1),
      seen(name, 2, null, { quality: 0, ...bad }),
      seen(name, 3, 1),
    ]),
    stored: collect({
      read: [row('bad_overload', 2, 1, 'bad')],
      derived: [row('bad_overload', 2, 1, 'bad')],
      alarms: [],
    }),
  };
  const missing = (over: Partial<QualityEvidence>): string =>
    missingOf((report) => {
      checkQuality(report, { ...evidence, ...over });
    }).join('\n');

  it('passes when values turn bad everywhere and are again what they were', () => {
    assert.equal(missing({}), '');
    assert.equal(missing({ stored: undefined }), '');
  });

  it('fails when nothing turned bad, or not with the KPIs', () => {
    const calm: readonly Telemetry[] = [telemetryOf(at(1), values), telemetryOf(at(3), values)];
    for (const telemetries of [[], calm]) assert.match(missing({ telemetries }), /no value turned bad.*"Press me"/);
    const alone = telemetries.map(({ metrics: { voltage_l1_n: sample }, ...rest }): Telemetry => {
      return { ...rest, metrics: sample === undefined ? {} : { voltage_l1_n: sample } };
    });
    assert.match(missing({ telemetries: alone }), /no KPI turned bad/);
  });

  it('fails when it is not as before', () => {
    const doubted = telemetryOf(at(3), values, undefined, { quality: 'uncertain', reason: 'stale' });
    for (const [telemetries, words] of [
      [[...evidence.telemetries.slice(0, 2), doubted], /voltage_l1_n was good and is uncertain \(stale\)/],
      [evidence.telemetries.slice(0, 2), /was good and is unknown/],
      [evidence.telemetries.slice(1), /was unknown and is good/],
    ] as const) {
      assert.match(missing({ telemetries }), words);
    }
  });

  it('fails when a host saw another reason, kept the value, or saw no value again', () => {
    const wrong = (change: (metric: SeenMetric) => SeenMetric[]): string =>
      missing({ published: evidence.published.flatMap(change) });
    assert.match(
      wrong((metric) => [{ ...metric, reason: '' }]),
      /not shown as bad/,
    );
    assert.match(
      wrong((metric) => [{ ...metric, value: metric.value ?? 1 }]),
      /not shown as bad/,
    );
    assert.match(
      wrong((metric) => (metric.timestamp === at(3) ? [] : [metric])),
      /not shown as bad/,
    );
  });

  it('fails when the database counts none', () => {
    assert.match(missing({ stored: NOTHING_STORED }), /counts no values as bad_overload[^]*counts no KPIs/);
  });
});

describe('check of KPIs', () => {
  const flow = [{ id: 'n', type: 'pm500-normalize', kpis: ['voltage_unbalance'], periods: ['day'] }];
  // The largest deviation from 480 V is 10 V.
  const unbalance = 1000 / 480;
  const evidence: KpiEvidence = {
    flow,
    queued: [telemetryOf(at(1), { ...VOLTAGES, voltage_unbalance: unbalance })],
    published: [seen('voltage_unbalance', 1, unbalance)],
    stored: collect({ read: [], derived: [row('voltage_unbalance', 1, unbalance)], alarms: [] }),
  };
  const missing = (over: Partial<KpiEvidence>): string =>
    missingOf((report) => {
      checkKpis(report, { ...evidence, ...over });
    }).join('\n');

  it('passes when the KPI is the same everywhere', () => {
    assert.equal(missing({}), '');
    assert.equal(missing({ stored: undefined }), '');
  });

  it('fails when none is switched on, or one of those has no value, also of a period', () => {
    assert.match(missing({ flow: [] }), /no KPI is switched on/);
    const more = { id: 'n', type: 'pm500-normalize', kpis: ['power_factor'], periods: ['day'] };
    assert.match(missing({ flow: [...flow, more] }), /power_factor_day has no value/);
  });

  it('fails when it is missing somewhere, and when there is nothing at all', () => {
    assert.match(missing({ published: [] }), /voltage_unbalance is not on the broker/);
    assert.match(missing({ stored: NOTHING_STORED }), /voltage_unbalance is not in the database/);
    assert.match(missing({ queued: [] }), /voltage_unbalance has no value/);
  });

  it('fails when broker and database differ, or the KPI does not follow from its voltages', () => {
    assert.match(
      missing({ published: [seen('voltage_unbalance', 1, 3)] }),
      /differ: voltage_unbalance .* is 3 on the broker/,
    );
    assert.match(missing({ queued: [telemetryOf(at(1), { ...VOLTAGES, voltage_unbalance: 3 })] }), /says 3 %/);
  });
});

describe('check of alarms', () => {
  const alarm: ActiveAlarm = {
    id: 'phase_loss_l1',
    metric: 'voltage_l1_n',
    severity: 'critical',
    message: 'Phase L1 is lost: its voltage is below half of nominal.',
    since: at(2),
    value: 5,
    quality: 'good',
    limit: 138.5,
    acknowledged: false,
    latched: false,
    judged: true,
  };
  const message = (event: 'raised' | 'cleared', second: number): AlarmMessage => {
    const { meter } = telemetryOf(START, {});
    return {
      schema: 'pm500.alarm/1',
      meter,
      timestamp: at(second),
      event,
      alarm,
      active: event === 'raised' ? [alarm] : [],
      unjudged: [],
    };
  };
  const rows = [
    row('active', 3, 1, alarm.id),
    row('since', 3, alarm.since, alarm.id),
    row('active', 9, 0, alarm.id),
    row('since', 9, alarm.since, alarm.id),
  ];
  const evidence: AlarmEvidence = {
    phaseLoss: provocation('phase-loss', { phase: 1 }),
    messages: [message('raised', 3), message('cleared', 9)],
    shown: [`RAISED: ${alarm.message}`, `CLEARED: ${alarm.message}`],
    statuses: ['', 'Phase L1 is lost: its voltage is...', 'no alarm is active'],
    published: [seen('alarms/phase_loss_l1/active', 3, true), seen('alarms/phase_loss_l1/active', 9, false)],
    stored: collect({ read: [], derived: [], alarms: rows }),
  };
  const missing = (over: Partial<AlarmEvidence>): string =>
    missingOf((report) => {
      checkAlarms(report, { ...evidence, ...over });
    }).join('\n');

  it('passes when the alarm came and went everywhere', () => {
    assert.equal(missing({}), '');
    assert.equal(missing({ stored: undefined }), '');
  });

  it('fails when no alarm came, that of another phase, or one without a fault', () => {
    assert.match(missing({ messages: [] }), /phase_loss_l1 was not raised/);
    assert.match(missing({ phaseLoss: provocation('phase-loss', { phase: 2 }) }), /phase_loss_l2 was not raised/);
    const early = [message('raised', 1), message('cleared', 9)];
    assert.match(missing({ messages: early }), /alarms without a fault: phase_loss_l1/);
  });

  it('fails when it never cleared', () => {
    assert.match(missing({ messages: [message('raised', 3)] }), /raised and never cleared/);
  });

  it('fails when one of its two events is missing in one of the places', () => {
    for (const index of [0, 1]) {
      const without = <Item>(items: readonly Item[]): Item[] => items.filter((_, place) => place !== index);
      assert.match(missing({ published: without(evidence.published) }), /on the broker/);
      assert.match(missing({ shown: without(evidence.shown) }), /in the debug sidebar/);
      const stored = collect({ read: [], derived: [], alarms: rows.filter((_, place) => place >> 1 !== index) });
      assert.match(missing({ stored }), /phase_loss_l1 (raised|cleared) in the database/);
    }
    assert.match(missing({ statuses: ['', 'no alarm is active'] }), /not shown below the node/);
  });
});
