import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { metricsOf } from '../../src/domain/codec/register-plan';
import { QUALITY_REASONS } from '../../src/domain/quality/quality';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { CATALOG } from '../../src/metrics/catalog';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import type { Deadband, Metric } from '../../src/metrics/measurement';
import { REGISTER_GROUPS } from '../../src/meters/pm500/registers';
import { table } from '../markdown';

export const VALUES_PAGE = resolve(__dirname, '../../docs/values.md');

const HEAD = `# What each value means

Made from the meter table by \`npx tsx tools/values/main.ts\`; do not edit. How well each place is known (_verified_ was read in
the manual, _inferred_ and _assumed_ were not) is explained in [device-knowledge.md](device-knowledge.md), formulas of what is
worked out in [kpis.md](kpis.md).
`;

function showRange({ range, rollover }: Metric): string {
  const limits = range === undefined ? '' : `${range.min} to ${range.max}`;
  return rollover === undefined ? limits : `${limits}, then from 0`;
}

function showDeadband(deadband: Deadband | undefined): string {
  const { absolute, percent } = deadband ?? {};
  return percent === undefined ? (absolute === undefined ? '' : String(absolute)) : `${percent} %`;
}

/** Assembly and element of a metric, with how well that is known. */
function assemblyPlaces(): ReadonlyMap<string, string> {
  return new Map(
    ASSEMBLIES.flatMap(({ instance, measurements }) =>
      measurements.map(({ metric, element, bit, provenance }): [string, string] => [
        metric,
        `${instance}, element ${element}${bit === undefined ? '' : `, bit ${bit}`} (${provenance})`,
      ]),
    ),
  );
}

function registerPlaces(): ReadonlyMap<string, string> {
  return new Map(
    REGISTER_GROUPS.flatMap(({ registers }) =>
      registers.flatMap((register) =>
        metricsOf(register).map((metric): [string, string] => [
          metric,
          `${register.register} (${register.provenance})`,
        ]),
      ),
    ),
  );
}

/** The page "What each value means": every metric, where it comes from, and every reason of quality. */
export function valuesPage(): string {
  const assemblies = assemblyPlaces();
  const registers = registerPlaces();
  const read = CATALOG.map((metric) => [
    `\`${metric.name}\``,
    metric.label,
    metric.unit,
    assemblies.get(metric.name) ?? '',
    registers.get(metric.name) ?? '',
    showRange(metric),
    showDeadband(metric.deadband),
  ]);
  const derived = DERIVED_METRICS.map((metric) => [
    `\`${metric.name}\``,
    metric.label,
    metric.unit,
    showDeadband(metric.deadband),
  ]);
  const reasons = Object.entries(QUALITY_REASONS).map(([reason, { quality, opcCode, opcName, meaning }]) => [
    `\`${reason}\``,
    quality,
    `${opcCode} (${opcName})`,
    meaning,
  ]);
  return `${HEAD}
## Read from the meter

${table(['metric', 'what it is', 'unit', 'assembly', 'Modbus register', 'possible values', 'deadband'], read)}

## Worked out by \`pm500-normalize\`

${table(['metric', 'what it is', 'unit', 'deadband'], derived)}

## Why a value is not good

${table(['reason', 'quality', 'OPC code', 'meaning'], reasons)}
`;
}

if (require.main === module) {
  writeFileSync(VALUES_PAGE, valuesPage());
  console.log(`Wrote ${VALUES_PAGE}.`);
}
