import assert from 'node:assert/strict';
import { alarmMetricsOf } from '../../../src/sparkplug/metrics/alarm-metrics';
import { parseDeviceMessage } from '../../../src/sparkplug/metrics/message';
import { groupData } from '../../../src/sparkplug/metrics/template-instances';
import { membersOf } from '../../../src/sparkplug/metrics/templates';
import type { PayloadMetric, Template } from '../../../src/sparkplug/codec/payload';
import { AlarmScript } from '../../../testkit/meters/alarms';

const HIGH = { id: 'high', metric: 'current_l1', condition: 'above', limit: 100, latching: true, message: 'Too much.' };

describe('alarms as Sparkplug metrics', () => {
  it('are the members of tpl_alarm_state below alarms/<id>, with the datatypes of the template', () => {
    const [raised] = new AlarmScript(HIGH).see('current_l1', 150);
    assert.ok(raised !== undefined);
    const metrics = alarmMetricsOf(raised);
    assert.deepEqual(
      metrics.map(({ name, type, value }) => [name, type, value]),
      [
        ['alarms/high/id', 'String', 'high'],
        ['alarms/high/active', 'Boolean', true],
        ['alarms/high/severity', 'String', 'warning'],
        ['alarms/high/latched', 'Boolean', false],
        ['alarms/high/message', 'String', 'Too much.'],
      ],
    );
    assert.deepEqual(
      metrics.map(({ name, type }) => ({ name: name.split('/')[2], type })),
      membersOf('tpl_alarm_state').map(({ name, type }) => ({ name, type })),
    );
    for (const { timestamp, condition } of metrics) {
      assert.equal(timestamp, raised.timestamp, 'when it happened');
      assert.equal(condition.isGood, true);
    }
  });

  it('say through a whole life what is active and latched', () => {
    const script = new AlarmScript(HIGH);
    const states = [
      ...script.see('current_l1', 150),
      ...script.command('acknowledge'),
      ...script.see('current_l1', 50),
      script.list(),
      ...script.command('reset'),
    ].map((message) => {
      const values = new Map(alarmMetricsOf(message).map(({ name, value }) => [name, value]));
      return [message.event, values.get('alarms/high/active'), values.get('alarms/high/latched')];
    });
    assert.deepEqual(states, [
      ['raised', true, false],
      ['acknowledged', true, false],
      ['list', true, true],
      ['cleared', false, false],
    ]);
    assert.deepEqual(alarmMetricsOf(script.list()), [], 'nothing is active');
  });

  it('are all there before anything has happened: inactive where a rule is judged, stale where it is not', () => {
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'hot', metric: 'current_l2' });
    script.see('current_l1', 50);
    const message: unknown = JSON.parse(JSON.stringify(script.rules()));
    const { samples } = parseDeviceMessage(message, 0);
    const active = samples.filter(({ name }) => name.endsWith('/active'));
    assert.deepEqual(
      active.map(({ name, value, condition }) => [name, value, condition.isGood]),
      [
        ['alarms/hot/active', false, false],
        ['alarms/high/active', false, true],
      ],
    );
    assert.equal(samples.length, 2 * membersOf('tpl_alarm_state').length);
  });

  it('are stale while neither is known, and say so in their quality', () => {
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'higher', limit: 200 });
    const states = [
      ...script.see('current_l1', 150),
      ...script.see('current_l1', null),
      script.list(),
      ...script.see('current_l1', 150),
    ].flatMap((message) =>
      alarmMetricsOf(message)
        .filter(({ name }) => name.endsWith('/active'))
        .map(({ name, value, condition }) => [message.event, name.split('/')[1], value, condition.key]),
    );
    assert.deepEqual(states, [
      ['raised', 'high', true, 'good:'],
      ['unjudged', 'high', true, 'uncertain:stale'],
      ['unjudged', 'higher', false, 'uncertain:stale'],
      ['list', 'high', true, 'uncertain:stale'],
      ['list', 'higher', false, 'uncertain:stale'],
      ['judged', 'high', true, 'good:'],
      ['judged', 'higher', false, 'good:'],
    ]);
  });

  it('are as uncertain as the value, and a missing value is no doubt about its alarm', () => {
    const script = new AlarmScript({ id: 'gone', metric: 'frequency', condition: 'missing', onDelaySeconds: 1 });
    script.see('frequency', 50);
    const [raised] = script.see('frequency', null);
    assert.equal(raised?.alarm?.quality, 'bad');
    assert.ok(alarmMetricsOf(raised).every(({ condition }) => condition.isGood));
    const doubtful = { ...raised, alarm: { ...raised.alarm, quality: 'uncertain' as const } };
    assert.ok(alarmMetricsOf(doubtful).every(({ condition }) => condition.key === 'uncertain:'));
  });

  it('come from the message of pm500-normalize as sparkplug-out takes it, for the device of that meter', () => {
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'higher', limit: 120 });
    const raised = script.see('current_l1', 150);
    assert.equal(raised.length, 2, 'one message for each');
    const { deviceId, samples } = parseDeviceMessage(JSON.parse(JSON.stringify(raised[1])), 0);
    assert.equal(deviceId, 'm1');
    assert.deepEqual(samples, alarmMetricsOf(raised[1]!));
    const all = parseDeviceMessage(script.list(), 0).samples;
    assert.deepEqual(new Set(all.map(({ name }) => name.split('/')[1])), new Set(['high', 'higher']));
    for (const wrong of [{ active: 5 }, { alarm: { id: 'x' } }, { event: 'over' }, { meter: null }]) {
      assert.throws(
        () => parseDeviceMessage({ ...raised[0], ...wrong }, 0),
        /^Pm500Error: payload\.\S+ is .+, expected .+\.$/,
      );
    }
  });

  it('become one instance of the template for each alarm where templates are in use', () => {
    const script = new AlarmScript(HIGH, { ...HIGH, id: 'higher', limit: 120 });
    script.see('current_l1', 150);
    const metrics = alarmMetricsOf(script.list()).map(({ name, type, value, timestamp }): PayloadMetric => ({
      name,
      type,
      value,
      timestamp,
    }));
    const instances = groupData(metrics);
    assert.deepEqual(
      instances.map(({ name, type }) => [name, type]),
      [
        ['alarms/high', 'Template'],
        ['alarms/higher', 'Template'],
      ],
    );
    const { templateRef, members } = instances[1]?.value as Template;
    assert.equal(templateRef, 'tpl_alarm_state');
    assert.deepEqual(
      members.map(({ name, value }) => [name, value]),
      [
        ['id', 'higher'],
        ['active', true],
        ['severity', 'warning'],
        ['latched', false],
        ['message', 'Too much.'],
      ],
    );
  });
});
