import type { AssemblyGroup } from '../meter-model';
import { ASSEMBLIES } from './assemblies';

const LABELS = [
  { name: 'realtime', label: 'Real-time voltage, current, power, frequency' },
  { name: 'maximum', label: 'Maximum values' },
  { name: 'demand', label: 'Demand values' },
  { name: 'energy', label: 'Energy and hour counters' },
  { name: 'status', label: 'Virtual alarms and outputs' },
  { name: 'product', label: 'Firmware and identification' },
] as const;

/** Which assemblies are in a group, the table says. */
export const GROUPS: readonly AssemblyGroup[] = LABELS.map(({ name, label }) => ({
  name,
  label,
  assemblies: ASSEMBLIES.filter(({ group }) => group === name).map(({ instance }) => instance),
}));
