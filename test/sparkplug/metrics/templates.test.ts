import assert from 'node:assert/strict';
import { CATALOG } from '../../../src/metrics/catalog';
import {
  decodePayload,
  encodePayload,
  type DecodedTemplate,
  type PayloadMetric,
} from '../../../src/sparkplug/codec/payload';
import {
  groupBirth,
  groupData,
  isProcessMember,
  PROCESS_INSTANCE,
} from '../../../src/sparkplug/metrics/template-instances';
import { TEMPLATES, templateDefinitions, templateInstance } from '../../../src/sparkplug/metrics/templates';

const voltage = (timestamp: number, value = 230): PayloadMetric => ({
  name: 'voltage_l1_n',
  alias: 4097,
  timestamp,
  type: 'Float',
  value,
});
const energy: PayloadMetric = {
  name: 'active_energy_import_total',
  alias: 4200,
  timestamp: 5,
  type: 'Double',
  value: 1,
};

function templateOf(metric: PayloadMetric | undefined): Extract<PayloadMetric, { type: 'Template' }>['value'] & object {
  assert.ok(metric?.type === 'Template' && metric.value !== null);
  return metric.value;
}

describe('Sparkplug templates', () => {
  it('are defined with every member, its datatype, and no value', () => {
    const { metrics } = decodePayload(encodePayload({ metrics: templateDefinitions(7) }));
    assert.deepEqual(
      metrics.map(({ name }) => name),
      Object.keys(TEMPLATES),
    );
    for (const { name, value } of metrics) {
      const { isDefinition, templateRef, members } = value as DecodedTemplate;
      assert.deepEqual([isDefinition, templateRef], [true, undefined]);
      assert.deepEqual(
        members.map((member) => member.name),
        TEMPLATES[name as keyof typeof TEMPLATES].members.map((member) => member.name),
      );
      for (const member of members) assert.ok(member.isNull && member.datatype !== undefined, member.name);
    }
  });

  it('take every present electrical value of the catalog, and nothing else', () => {
    const members = CATALOG.filter(({ name }) => isProcessMember(name));
    assert.equal(members.length, TEMPLATES.tpl_device_process.members.length);
    for (const quantity of ['voltage', 'current', 'active_power', 'power_factor', 'frequency']) {
      assert.ok(
        members.some((metric) => metric.quantity === quantity),
        quantity,
      );
    }
    for (const { kind, statistic } of members) assert.deepEqual([kind, statistic], ['gauge', 'instant']);
  });

  it('hold all members in a birth, null where nothing was read, beside the metrics that stay flat', () => {
    const [instance, ...rest] = groupBirth([voltage(5), energy]);
    assert.deepEqual(rest, [energy]);
    assert.deepEqual([instance?.name, instance?.alias, instance?.timestamp], [PROCESS_INSTANCE, undefined, 5]);
    const { templateRef, members } = templateOf(instance);
    assert.equal(templateRef, 'tpl_device_process');
    assert.equal(members.length, TEMPLATES.tpl_device_process.members.length);
    assert.deepEqual(members[0], { name: 'voltage_l1_n', timestamp: 5, type: 'Float', value: 230 });
    assert.deepEqual(members[1]?.value, null);
    assert.deepEqual(groupBirth([energy]), [energy]);
  });

  it('hold only what changed in data, one instance for each time, in order', () => {
    const current: PayloadMetric = { name: 'current_l1', alias: 4105, timestamp: 5, type: 'Float', value: 3 };
    const grouped = groupData([voltage(5), current, energy, voltage(6, 231)]);
    assert.deepEqual(
      grouped.map(({ name, timestamp }) => [name, timestamp]),
      [
        [PROCESS_INSTANCE, 5],
        ['active_energy_import_total', 5],
        [PROCESS_INSTANCE, 6],
      ],
    );
    assert.deepEqual(
      templateOf(grouped[0]).members.map(({ name, alias }) => [name, alias]),
      [
        ['voltage_l1_n', undefined],
        ['current_l1', undefined],
      ],
    );
    const historical = groupData([{ ...voltage(5), isHistorical: true }, voltage(5)]);
    assert.deepEqual(
      historical.map(({ isHistorical }) => isHistorical),
      [true, undefined],
    );
  });

  it('can be made for the health of the node and for alarms', () => {
    const health = templateOf(templateInstance('tpl_edge_health', 'edge_health', 3, { uptime: 60, version: '1.0' }));
    assert.deepEqual(
      health.members.map(({ name, value }) => [name, value]),
      [
        ['uptime', 60],
        ['version', '1.0'],
      ],
    );
    const alarm = templateOf(templateInstance('tpl_alarm_state', 'alarms/phase_loss', 3, { id: 'phase_loss' }));
    assert.deepEqual(
      alarm.members.map(({ value }) => value),
      ['phase_loss', null, null, null, null],
    );
  });
});
