import { DEFAULTS } from '../../nodes/shared/forms';
import type { FlowEntry } from '../node-red/node-red-admin';
import { notedCounts } from '../noted-counts';

const TELEMETRY = `{
  schema: 'pm500.telemetry/1',
  meter: { name: 'main', host: '127.0.0.1', tags: { site: 'plant' } },
  timestamp: Date.now(),
  metrics: { frequency: { value: first, unit: 'Hz', quality: 'good', provenance: 'verified', timestamp: Date.now() } },
}`;

/**
 * Counts through an `iot-out`, one number a message, and notes what was acknowledged.
 * @param target settings of the iot-target
 * @param out settings of the iot-out
 * @param notes file of the notes
 */
export function iotCountingFlow(target: object, out: object, notes: string): readonly FlowEntry[] {
  const tab = 'iot-tab';
  const [targetId, outId] = ['kill-target', 'kill-out'];
  const entries = [
    { id: tab, type: 'tab', label: 'kills', disabled: false, info: '', env: [] },
    { ...DEFAULTS['iot-target'], id: targetId, type: 'iot-target', host: '127.0.0.1', ...target },
    {
      ...DEFAULTS['iot-out'],
      ...{ id: outId, z: tab, x: 100, y: 100, type: 'iot-out', target: targetId, wires: [[]] },
      ...out,
    },
  ];
  const counts = { tab, countFrom: Date.now(), numbersPerMessage: 1, out: outId, notes, payload: TELEMETRY };
  return [...(entries as readonly FlowEntry[]), ...notedCounts(counts)];
}
