import assert from 'node:assert/strict';
import { alarmPoints } from '../../src/influx/alarm-points';
import { LineMapper } from '../../src/influx/line-mapper';
import { DEFAULT_MAPPING } from '../../src/influx/mapping';
import { AlarmScript } from '../../testkit/meters/alarms';

const HIGH = { id: 'high', metric: 'current_l1', condition: 'above', limit: 100, latching: true, message: 'Too much.' };
const DEFAULTS = { influxMeasurement: 'pm', timestamp: 0 };

describe('alarms as InfluxDB points', () => {
  it('have a measurement of their own, tags to select by, and everything else as fields of one type', () => {
    const [raised] = new AlarmScript(HIGH).see('current_l1', 101.5);
    assert.ok(raised !== undefined);
    assert.deepEqual(alarmPoints(raised, 'pm'), [
      {
        influxMeasurement: 'pm_alarm',
        tags: { site: 's', meter: 'm1', alarm: 'high', severity: 'warning' },
        fields: {
          active: 1,
          raised: 1,
          acknowledged: false,
          latched: false,
          judged: true,
          event: 'raised',
          message: 'Too much.',
          metric: 'current_l1',
          quality: 'good',
          since: raised.timestamp,
          value: 101.5,
          limit: 100,
        },
        timestamp: raised.timestamp,
      },
    ]);
  });

  it('say through a whole life what is active, acknowledged and latched', () => {
    const script = new AlarmScript(HIGH);
    const life = [
      ...script.see('current_l1', 150),
      ...script.command('acknowledge'),
      ...script.see('current_l1', 50),
      script.list(),
      ...script.command('reset'),
      script.list(),
    ].flatMap((message) => alarmPoints(message, 'pm'));
    assert.deepEqual(
      life.map(({ fields: { event, active, raised, acknowledged, latched } }) => [
        event,
        active,
        raised,
        acknowledged,
        latched,
      ]),
      [
        ['raised', 1, 1, false, false],
        ['acknowledged', 1, 0, true, false],
        ['list', 1, 0, true, true],
        ['cleared', 0, 0, true, false],
      ],
    );
  });

  it('say for how long neither is known', () => {
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'higher', limit: 200 });
    const life = [
      ...script.see('current_l1', 150),
      ...script.see('current_l1', null),
      script.list(),
      ...script.see('current_l1', 150),
    ].flatMap((message) => alarmPoints(message, 'pm'));
    assert.deepEqual(
      life.map(({ tags, fields: { event, active, judged, reason } }) => [tags['alarm'], event, active, judged, reason]),
      [
        ['high', 'raised', 1, true, undefined],
        ['high', 'unjudged', 1, false, 'read_failed'],
        ['higher', 'unjudged', 0, false, 'read_failed'],
        ['high', 'list', 1, false, undefined],
        ['higher', 'list', 0, false, 'read_failed'],
        ['high', 'judged', 1, true, undefined],
        ['higher', 'judged', 0, true, undefined],
      ],
    );
  });

  it('put what is no number into a field of its own, and leave out what is not there', () => {
    const rules = [
      { id: 'on', metric: 'alarm_1', condition: 'equal', limit: true },
      { id: 'gone', metric: 'frequency', condition: 'missing', onDelaySeconds: 1 },
      { id: 'peak', metric: 'tariff_period', condition: 'equal', limit: 'peak' },
    ];
    const script = new AlarmScript(...rules);
    const points = [
      ...script.see('alarm_1', true),
      ...script.see('frequency', null),
      ...script.see('tariff_period', 'peak'),
    ]
      .flatMap((message) => alarmPoints(message, 'pm'))
      .map(({ tags, fields: { value, state, limit } }) => [tags['alarm'], value, state, limit]);
    assert.deepEqual(points, [
      ['on', undefined, 'true', undefined],
      ['gone', undefined, undefined, undefined],
      ['peak', undefined, 'peak', undefined],
    ]);
  });

  it('become lines as influx-out writes them; a list has one for each alarm, none when nothing is active', () => {
    const mapper = new LineMapper(DEFAULT_MAPPING);
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'higher', limit: 120, severity: 'critical' });
    script.see('current_l1', 10);
    assert.deepEqual(mapper.map(script.list(), DEFAULTS).lines, []);
    script.see('current_l1', 150);
    const { lines, leftOut } = mapper.map(JSON.parse(JSON.stringify(script.list())), DEFAULTS);
    assert.equal(leftOut, 0);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      [
        'pm_alarm,alarm=high,meter=m1,severity=warning,site=s',
        'pm_alarm,alarm=higher,meter=m1,severity=critical,site=s',
      ],
    );
    assert.match(lines[0] ?? '', / active=1,.*event="list",message="Too much\.",.*value=150,limit=100 /);
  });
});
