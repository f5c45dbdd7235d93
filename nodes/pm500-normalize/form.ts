import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';
import { JsonRows } from '../shared/editor/json-rows';

const isOn = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

registerForm(FACTS, {
  inputs: 1,
  outputs: 2,
  outputLabel: ({ shape }, index) => {
    if (index === 1) return 'port.events';
    return shape === undefined || shape === 'telemetry' ? 'port.telemetry' : 'port.shaped';
  },
  prepare: ({ deadband, energyDeltas, kpis, defaultAlarms, alarmRules }, form) => {
    // What is in use is open.
    form.section('report').prop('open', isOn(deadband));
    form.section('kpis').prop('open', isOn(energyDeltas) || isOn(kpis));
    form.section('alarms').prop('open', isOn(defaultAlarms) || isOn(alarmRules));
    for (const name of ['tariff', 'alarmRules']) {
      const shape = form.shape(name);
      if (shape !== undefined) form.inRows.set(name, new JsonRows(name, shape, form.input(name)));
    }
  },
});
