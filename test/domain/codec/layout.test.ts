import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { loadLayout } from '../../../src/acquisition/layout-file';
import { parseLayout } from '../../../src/domain/codec/parse-layout';
import { WORKING_LAYOUT } from '../../../src/meters/pm500/assemblies';
import type { Layout } from '../../../src/metrics/measurement';
import { PM500 } from '../../../src/meters/pm500';

type Mutable<Type> = Type extends object ? { -readonly [Key in keyof Type]: Mutable<Type[Key]> } : Type;

/** The built-in layout as a site would write it, after a change. */
function changed(change: (layout: Mutable<Layout>) => void): unknown {
  const layout = structuredClone(WORKING_LAYOUT) as Mutable<Layout>;
  change(layout);
  return layout;
}

function refusal(change: (layout: Mutable<Layout>) => void): string {
  try {
    parseLayout(PM500, changed(change));
  } catch (thrown) {
    assert.equal((thrown as { code?: string }).code, 'LAYOUT_INVALID');
    return (thrown as Error).message;
  }
  assert.fail('was not refused');
}

describe('site layouts', () => {
  it('take the same format as the built-in table', () => {
    const parsed = parseLayout(PM500, JSON.parse(JSON.stringify(WORKING_LAYOUT)));
    for (const [instance, plan] of workingLayout(PM500).blocks) {
      assert.deepEqual(parsed.blocks.get(instance)?.rows, plan.rows, `assembly ${instance}`);
    }
  });

  it('are refused for a group that nobody polls, and the sentence names those that there are', () => {
    const message = refusal((layout) => {
      layout.assemblies[1]!.group = 'real-time';
    });
    assert.match(
      message,
      /layout\.assemblies\[1\]\.group.*real-time.*expected one of realtime, maximum, demand, energy/,
    );
    assert.match(message, /correct the layout file/);
  });

  it('are refused for a first element other than 0 and 1, which would shift every place', () => {
    for (const firstElement of [2, -1, 0.5, '0', '1', true, null]) {
      const message = refusal((layout) => {
        (layout.assemblies[8] as { firstElement: unknown }).firstElement = firstElement;
      });
      assert.match(message, /layout\.assemblies\[8\]\.firstElement.*expected 0 or 1/, JSON.stringify(firstElement));
    }
    const without = changed((layout) => {
      delete (layout.assemblies[1] as { firstElement?: 0 | 1 }).firstElement;
    });
    assert.equal(parseLayout(PM500, without).blocks.get(101)?.assembly.firstElement, 1);
  });

  it('may rename, rescale and reorder elements and define metrics of their own', () => {
    const parsed = parseLayout(
      PM500,
      changed((layout) => {
        layout.name = 'site';
        const row = layout.assemblies[2]!.measurements[17]!;
        row.metric = 'voltage_asymmetry';
        row.provenance = 'verified';
        layout.metrics = [
          {
            name: 'voltage_asymmetry',
            label: 'Voltage asymmetry',
            quantity: 'voltage',
            unit: '',
            kind: 'gauge',
            statistic: 'instant',
            range: { min: 0, max: 100 },
            deadband: { absolute: 0.1 },
            sparkplugType: 'Float',
            influxType: 'float',
          },
        ];
      }),
    );
    assert.equal(parsed.metrics.get('voltage_asymmetry')?.label, 'Voltage asymmetry');
    assert.equal(parsed.blocks.get(102)?.provenance['voltage_asymmetry'], 'verified');
    assert.equal(parsed.definitions.length, 1);
  });

  const refusals: readonly [string, (layout: Mutable<Layout>) => void, RegExp][] = [
    [
      'an unknown metric',
      (l) => (l.assemblies[1]!.measurements[0]!.metric = 'volts'),
      /assembly 101, element 1: metric "volts"/,
    ],
    [
      'an element outside',
      (l) => (l.assemblies[1]!.measurements[0]!.element = 13),
      /element 13: .* outside the 12 elements/,
    ],
    ['two rows on one element', (l) => (l.assemblies[1]!.measurements[0]!.element = 2), /element 2: both/],
    ['a size that does not add up', (l) => (l.assemblies[1]!.sizeBytes = 47), /are not 47 bytes/],
    [
      'an encoding of the other type',
      (l) => (l.assemblies[1]!.measurements[0]!.encoding = 'BIT'),
      /does not fit elements of type REAL/,
    ],
    ['an assembly twice', (l) => l.assemblies.push(l.assemblies[0]!), /assembly 100 stands there twice/],
    [
      'a metric in two places',
      (l) => (l.assemblies[1]!.measurements[0]!.metric = 'frequency'),
      /"frequency" stands in assembly/,
    ],
    [
      'a metric that exists',
      (l) =>
        (l.metrics = [
          {
            name: 'frequency',
            label: 'f',
            quantity: 'frequency',
            unit: 'Hz',
            kind: 'gauge',
            statistic: 'instant',
            sparkplugType: 'Float',
            influxType: 'float',
          },
        ]),
      /defined already/,
    ],
    [
      'a scale of zero',
      (l) => (l.assemblies[1]!.measurements[0]!.scale = 0),
      /scale is 0, expected a number other than zero/,
    ],
    [
      'a provenance of its own',
      (l) => ((l.assemblies[1]!.measurements[0] as { provenance: string }).provenance = 'sure'),
      /one of verified, inferred, assumed/,
    ],
    [
      'another format',
      (l) => ((l as { format: string }).format = 'pm500.layout/9'),
      /layout\.format is "pm500\.layout\/9"/,
    ],
  ];
  for (const [what, change, pattern] of refusals) {
    it(`refuse ${what}, naming the place`, () => {
      assert.match(refusal(change), pattern);
    });
  }

  it('are read from a file, whose path every complaint names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-layout-'));
    try {
      const path = join(folder, 'layout.json');
      assert.throws(() => loadLayout(PM500, path), {
        code: 'LAYOUT_INVALID',
        message: /layout\.json cannot be read: ENOENT/,
      });
      writeFileSync(path, '{');
      assert.throws(() => loadLayout(PM500, path), { code: 'LAYOUT_INVALID', message: /layout\.json cannot be read/ });
      writeFileSync(path, '{}');
      assert.throws(() => loadLayout(PM500, path), {
        code: 'LAYOUT_INVALID',
        message: /layout\.json, line 1: layout\.assemblies is missing/,
      });
      writeFileSync(path, JSON.stringify(WORKING_LAYOUT));
      assert.equal(loadLayout(PM500, path).blocks.size, 9);
      assert.equal(loadLayout(PM500, ''), workingLayout(PM500));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuse rows that would give a wrong value or none', () => {
    const rowOf = (layout: Mutable<Layout>, instance: number, index: number) =>
      layout.assemblies.find((assembly) => assembly.instance === instance)!.measurements[index]!;
    const cases: readonly [(layout: Mutable<Layout>) => void, RegExp][] = [
      [(layout) => (rowOf(layout, 108, 0).bit = 40), /needs a "bit" from 0 to 15/],
      [(layout) => delete rowOf(layout, 108, 0).bit, /needs a "bit"/],
      [(layout) => (rowOf(layout, 100, 3).letters = 40), /40 letters do not fit 7 elements/],
      [(layout) => (rowOf(layout, 107, 8).elements = 1), /takes 2 and not 1 elements/],
      [(layout) => (rowOf(layout, 101, 0).elements = 0), /takes 1 and not 0 elements/],
      [(layout) => delete rowOf(layout, 107, 0).pairScale, /needs a "pairScale"/],
      [
        (layout) => {
          layout.assemblies[1]!.measurements.shift();
          rowOf(layout, 108, 0).metric = 'voltage_l1_n';
        },
        /gives a boolean, but the metric is a float/,
      ],
    ];
    for (const [change, sentence] of cases) assert.match(refusal(change), sentence);
  });
});
