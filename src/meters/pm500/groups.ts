import { ASSEMBLIES } from './assemblies';

/** Groups of assemblies that belong together when reading; what the editor offers and `pm500 read --group` takes. */
export interface AssemblyGroup {
  readonly name: string;
  readonly label: string;
  readonly assemblies: readonly number[];
}

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
