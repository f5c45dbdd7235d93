import { TRANSPORT_KINDS } from '../src/acquisition/meter-settings';
import { KPI_ROWS } from '../src/domain/kpis/kpi-rows';
import { DEMAND_MINUTES } from '../src/domain/kpis/settings';
import { CATALOGUE } from '../src/meter/catalogue';
import { ASSEMBLIES } from '../src/meter/assemblies';
import { PERIODS } from '../src/meter/derived-metrics';
import { ENERGY_CANDIDATES } from '../src/meter/energy-candidates';
import { GROUPS } from '../src/meter/groups';
import { CATALOG_NUMBERS, SERIAL_NUMBER_RANGE } from '../src/meter/identity';
import { PROVENANCES, type Provenance } from '../src/meter/measurement';
import { QUIRKS } from '../src/meter/quirks';
import { WIRING_ROWS } from '../src/meter/wiring-modes';
import { FAULTS } from '../src/simulator/fault-table';
import { MOST_METERS } from '../src/simulator/many-meters';
import { SIMULATED_RPI_MS } from '../src/simulator/running-meter';
import { TIMEOUT_MULTIPLIERS } from '../src/transport/ethernet-ip/implicit-settings';
import { BAUD_RATES } from '../src/transport/modbus/rtu-line';
import { PORT_RANGE } from '../nodes/shared/config';
import { DEFAULTS, type NodeType } from '../nodes/shared/defaults';

/** The least known of several provenances. */
function weakest(provenances: readonly Provenance[]): Provenance {
  return PROVENANCES.findLast((provenance) => provenances.includes(provenance)) ?? 'verified';
}

function groupFacts(): unknown {
  return GROUPS.map((group) => {
    const assemblies = ASSEMBLIES.filter(({ instance }) => group.assemblies.includes(instance)).map((assembly) => ({
      instance: assembly.instance,
      title: assembly.title,
      provenance: weakest(assembly.measurements.map(({ provenance }) => provenance)),
    }));
    const provenance = weakest(assemblies.map((assembly) => assembly.provenance));
    return { name: group.name, label: group.label, provenance, assemblies };
  });
}

/** Colors of the nodes on the canvas by what they deal with: the meter, Sparkplug, InfluxDB. */
const COLORS = { pm500: '#7fc4c9', sparkplug: '#f0b95b', influx: '#a9b3e6' } as const;

function colorOf(type: NodeType): string {
  const family = type.split('-')[0];
  return family === 'sparkplug' || family === 'influx' ? COLORS[family] : COLORS.pm500;
}

/** What each mark in an editor file stands for; nodes/README.md lists them. */
const FACTS: Readonly<Record<string, (type: NodeType) => unknown>> = {
  defaults: (type) => DEFAULTS[type],
  color: colorOf,
  groups: groupFacts,
  catalogNumbers: () => CATALOG_NUMBERS.map(({ catalogNumber }) => catalogNumber),
  energyCandidates: () => ENERGY_CANDIDATES.map(({ name, description }) => ({ name, description })),
  transports: () => TRANSPORT_KINDS,
  baudRates: () => BAUD_RATES,
  timeoutMultipliers: () => TIMEOUT_MULTIPLIERS,
  metrics: () => CATALOGUE.map(({ name, label, unit }) => ({ name, label, unit })),
  faults: () => FAULTS.map(({ name, label, does }) => ({ name, label, does })),
  kpis: () => KPI_ROWS.map(({ key, label, formula }) => ({ key, label, formula })),
  periods: () => PERIODS,
  demandMinutes: () => DEMAND_MINUTES,
  wirings: () => WIRING_ROWS.map(({ mode, label }) => ({ mode, label })),
  limits: () => ({
    minimumIntervalMs: QUIRKS.minimumReadIntervalMs.value,
    enipPort: QUIRKS.enipPort.value,
    port: { min: PORT_RANGE.min, max: PORT_RANGE.max },
    rpiMs: { min: QUIRKS.minimumRpiMs.value, max: 60_000 },
    serialNumber: SERIAL_NUMBER_RANGE,
    simulatedMeters: MOST_METERS,
    simulatedRpiMs: SIMULATED_RPI_MS,
  }),
};

/**
 * Replaces the marks ('%name%') of an editor file by the facts they stand for, as JSON.
 * @throws Error on a mark that stands for nothing
 */
export function injectFacts(type: NodeType, html: string): string {
  return html.replace(/(['"])%(\w+)%\1/g, (mark, _quote, name: string) => {
    const facts = FACTS[name];
    if (facts === undefined) {
      throw new Error(`nodes/${type}.html: ${mark} stands for nothing; use one of ${Object.keys(FACTS).join(', ')}.`);
    }
    // "</script>" inside a string would end the script element.
    return JSON.stringify(facts(type)).replaceAll('<', '\\u003c');
  });
}
