/** Groups of assemblies that belong together when reading; what the editor offers and `pm500 read --group` takes. */
export interface AssemblyGroup {
  readonly name: string;
  readonly label: string;
  readonly assemblies: readonly number[];
}

export const GROUPS: readonly AssemblyGroup[] = [
  { name: 'realtime', label: 'Real-time voltage, current, power, frequency', assemblies: [101, 102] },
  { name: 'maximum', label: 'Maximum values', assemblies: [103, 104] },
  { name: 'demand', label: 'Demand values', assemblies: [105, 106] },
  { name: 'energy', label: 'Energy and hour counters', assemblies: [107] },
  { name: 'status', label: 'Virtual alarms and outputs', assemblies: [108] },
  { name: 'product', label: 'Firmware and identification', assemblies: [100] },
];
