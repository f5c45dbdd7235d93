import assert from 'node:assert/strict';
import { compileLayout, ELEMENT_BYTES, elementsOf } from '../../src/domain/codec/layout';
import { metricsOf } from '../../src/domain/codec/register-plan';
import { ASSEMBLIES, WORKING_LAYOUT } from '../../src/meters/pm500/assemblies';
import { CATALOG } from '../../src/metrics/catalog';
import { GROUPS } from '../../src/meters/pm500/groups';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { PROVENANCES, UNIT_OF, UNITS } from '../../src/metrics/measurement';
import { REGISTERS } from '../../src/meters/pm500/registers';
import { PM500 } from '../../src/meters/pm500';

describe('laws of the meter table', () => {
  const rows = ASSEMBLIES.flatMap((assembly) => assembly.measurements.map((row) => ({ assembly, row })));

  it('has the nine assemblies 100 to 108 with the sizes of 1420-UM001E p.81', () => {
    const sizes = ASSEMBLIES.map(({ instance, elementCount, sizeBytes }) => [instance, elementCount, sizeBytes]);
    assert.deepEqual(sizes, [
      [100, 10, 20],
      [101, 12, 48],
      [102, 18, 72],
      [103, 12, 48],
      [104, 17, 68],
      [105, 12, 48],
      [106, 17, 68],
      [107, 18, 72],
      [108, 2, 4],
    ]);
  });

  it('adds up: element count times element size is the size, and the rows take every element exactly once', () => {
    for (const { instance, elementType, elementCount, sizeBytes, firstElement, measurements } of ASSEMBLIES) {
      assert.equal(elementCount * ELEMENT_BYTES[elementType], sizeBytes, `assembly ${instance}`);
      const taken = new Set(
        measurements.flatMap((row) => Array.from({ length: elementsOf(row) }, (_, index) => row.element + index)),
      );
      const all = Array.from({ length: elementCount }, (_, index) => firstElement + index);
      assert.deepEqual(
        [...taken].sort((left, right) => left - right),
        all,
        `elements of assembly ${instance}`,
      );
    }
  });

  it('gives every metric, also what is worked out, the unit of its quantity', () => {
    for (const { name, quantity, unit } of ALL_METRICS) assert.equal(unit, UNIT_OF[quantity], name);
  });

  it('compiles without overlap', () => {
    assert.equal(compileLayout(PM500, WORKING_LAYOUT).blocks.size, ASSEMBLIES.length);
  });

  it('gives every row a source and a provenance', () => {
    for (const { assembly, row } of rows) {
      const where = `${assembly.instance}/${row.metric}`;
      assert.ok(row.source.length > 10, `${where} has no source`);
      assert.ok(PROVENANCES.includes(row.provenance), where);
    }
  });

  it('calls nothing verified that was not read: rows of 101 to 107 are inferred or assumed, 107 assumed', () => {
    for (const { assembly, row } of rows) {
      const expected =
        assembly.instance === 107 ? 'assumed' : [100, 108].includes(assembly.instance) ? 'verified' : 'inferred';
      assert.equal(row.provenance, expected, `${assembly.instance}/${row.metric}`);
    }
  });

  it('places every metric of the catalog exactly once in the assemblies, or in a register where none has it', () => {
    const placed = rows.map(({ row }) => row.metric);
    const elsewhere = REGISTERS.flatMap(metricsOf).filter((metric) => !placed.includes(metric));
    assert.deepEqual([...placed, ...elsewhere].sort(), CATALOG.map(({ name }) => name).sort());
  });

  it('keeps frequency in 102 and phase sequence as its last element', () => {
    const power = ASSEMBLIES.find(({ instance }) => instance === 102);
    assert.deepEqual(
      power?.measurements.slice(-2).map(({ metric, element }) => [metric, element]),
      [
        ['frequency', 17],
        ['phase_sequence', 18],
      ],
    );
  });

  it('splits the counters of 107 into pairs in the order of the Modbus counters, hours last', () => {
    const energy = ASSEMBLIES.find(({ instance }) => instance === 107);
    assert.equal(energy?.measurements.length, 9);
    assert.equal(energy.measurements.at(-1)?.metric, 'run_hours');
    for (const row of energy.measurements) assert.equal(row.pairScale, 1_000_000);
  });

  it('puts every assembly into exactly the group that it names', () => {
    const listed = GROUPS.flatMap(({ name, assemblies }) => assemblies.map((instance) => `${instance}:${name}`)).sort();
    assert.deepEqual(listed, ASSEMBLIES.map(({ instance, group }) => `${instance}:${group}`).sort());
  });
});

describe('laws of the catalog', () => {
  it('has unique names in lower snake case and unique labels', () => {
    for (const { name } of CATALOG) assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    assert.equal(new Set(CATALOG.map(({ name }) => name)).size, CATALOG.length);
    assert.equal(new Set(CATALOG.map(({ label }) => label)).size, CATALOG.length);
  });

  it('takes units from the closed list and gives types that fit the kind', () => {
    for (const metric of CATALOG) {
      assert.ok(UNITS.includes(metric.unit), metric.name);
      const isNumber = metric.kind === 'gauge' || metric.kind === 'counter';
      assert.equal(['Float', 'Double'].includes(metric.sparkplugType), isNumber, `${metric.name}: Sparkplug type`);
      assert.equal(metric.influxType === 'float', isNumber, `${metric.name}: InfluxDB type`);
      assert.equal(metric.kind === 'counter', metric.rollover !== undefined, `${metric.name}: rollover`);
    }
  });

  it('gives every number a range that contains its order and a deadband in one way only', () => {
    for (const metric of CATALOG.filter(({ kind }) => kind === 'gauge' || kind === 'counter')) {
      assert.ok(metric.range !== undefined && metric.range.min < metric.range.max, metric.name);
      assert.ok((metric.deadband?.absolute === undefined) !== (metric.deadband?.percent === undefined), metric.name);
    }
  });
});
