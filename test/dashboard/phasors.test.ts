import assert from 'node:assert/strict';
import { phasorDiagram, wrapped, type PhasorDiagram } from '../../src/dashboard/phasors';
import type { Sample } from '../../src/domain/messages/telemetry';
import type { Unit } from '../../src/metrics/measurement';

/** A complex number as magnitude and degrees. */
type Polar = readonly [magnitude: number, degrees: number];
type Three = readonly [Polar, Polar, Polar];

const FLOORS = { volts: 20, amperes: 1 };
const PHASES = ['l1', 'l2', 'l3'] as const;
const BALANCED: Three = [
  [277, 0],
  [277, -120],
  [277, 120],
];

const cartesian = ([magnitude, degrees]: Polar): readonly [number, number] => [
  magnitude * Math.cos((degrees * Math.PI) / 180),
  magnitude * Math.sin((degrees * Math.PI) / 180),
];

function distance(first: Polar, second: Polar): number {
  const [[a, b], [c, d]] = [cartesian(first), cartesian(second)];
  return Math.hypot(a - c, b - d);
}

const sample = (value: number | null, unit: Unit, rest: Partial<Sample> = {}): Sample => ({
  value,
  unit,
  quality: 'good',
  provenance: 'verified',
  timestamp: 1000,
  ...rest,
});

/** What a meter measures of voltages and currents: magnitudes, and the powers of each phase as U times the conjugate of I. */
function measured(voltages: Three, currents: Three, sequence = 0): Record<string, Sample> {
  const [v1, v2, v3] = voltages;
  const metrics: Record<string, Sample> = {
    voltage_l1_l2: sample(distance(v1, v2), 'V'),
    voltage_l2_l3: sample(distance(v2, v3), 'V'),
    voltage_l3_l1: sample(distance(v3, v1), 'V'),
    phase_sequence: sample(sequence, ''),
  };
  PHASES.forEach((phase, place) => {
    const [volts, voltageAngle] = voltages[place] ?? [0, 0];
    const [amperes, currentAngle] = currents[place] ?? [0, 0];
    const shift = ((voltageAngle - currentAngle) * Math.PI) / 180;
    metrics[`voltage_${phase}_n`] = sample(volts, 'V');
    metrics[`current_${phase}`] = sample(amperes, 'A');
    metrics[`active_power_${phase}`] = sample(volts * amperes * Math.cos(shift), 'W');
    metrics[`reactive_power_${phase}`] = sample(volts * amperes * Math.sin(shift), 'var');
  });
  return metrics;
}

const diagramOf = (metrics: Record<string, Sample>): PhasorDiagram => phasorDiagram(metrics, FLOORS);

function assertAngles(found: PhasorDiagram['voltages'], expected: Three): void {
  found.forEach(({ angle, phase }, place) => {
    assert.ok(angle !== undefined, `${phase} has no angle`);
    const error = Math.abs(wrapped(angle - (expected[place]?.[1] ?? 0)));
    assert.ok(error < 0.01, `${phase}: ${angle}`);
  });
}

describe('phasors from magnitudes and powers', () => {
  const CASES: readonly (readonly [what: string, voltages: Three, currents: Three, sequence: number])[] = [
    [
      'balanced, inductive',
      BALANCED,
      [
        [100, -30],
        [100, -150],
        [100, 90],
      ],
      0,
    ],
    [
      'balanced, capacitive',
      BALANCED,
      [
        [100, 25],
        [100, -95],
        [100, 145],
      ],
      0,
    ],
    [
      'L1-L3-L2',
      [
        [230, 0],
        [230, 120],
        [230, -120],
      ],
      [
        [10, -40],
        [12, 80],
        [9, -150],
      ],
      -1,
    ],
    [
      'unbalanced',
      [
        [270, 0],
        [281, -117.5],
        [262, 123],
      ],
      [
        [80, -20],
        [120, -160],
        [60, 70],
      ],
      0,
    ],
    [
      'power given back in one phase',
      BALANCED,
      [
        [50, 170],
        [60, -130],
        [70, 110],
      ],
      0,
    ],
    [
      'reversed in all phases',
      BALANCED,
      [
        [50, 180],
        [50, 60],
        [50, -60],
      ],
      0,
    ],
  ];
  for (const [what, voltages, currents, sequence] of CASES) {
    it(`finds the angles again: ${what}`, () => {
      const diagram = diagramOf(measured(voltages, currents, sequence));
      assertAngles(diagram.voltages, voltages);
      assertAngles(diagram.currents, currents);
      assert.equal(diagram.order, sequence === 0 ? '123' : '132');
    });
  }

  it('gives a phase without voltage no arrow, and the others theirs', () => {
    const { voltages, currents } = diagramOf(
      measured(
        [
          [2, 0],
          [277, -120],
          [277, 120],
        ],
        [
          [0, 0],
          [90, -150],
          [90, 90],
        ],
      ),
    );
    assert.deepEqual([voltages[0]?.angle, voltages[0]?.noAngle], [undefined, 'no_voltage']);
    assert.deepEqual([currents[0]?.angle, currents[0]?.noAngle], [undefined, 'no_current']);
    assert.ok(Math.abs((voltages[1]?.angle ?? 0) + 120) < 1e-6);
    assert.ok(Math.abs((voltages[2]?.angle ?? 0) - 120) < 0.01);
    assert.ok(Math.abs((currents[1]?.angle ?? 0) + 150) < 0.01);
  });

  it('does not take a bad value for one: neither its arrow nor an angle that needs it', () => {
    const metrics = measured(BALANCED, [
      [100, -30],
      [100, -150],
      [100, 90],
    ]);
    const bad = { quality: 'bad', reason: 'overload' } as const;
    const { voltages, currents } = diagramOf({
      ...metrics,
      voltage_l2_n: sample(277, 'V', bad),
      reactive_power_l3: sample(1, 'var', bad),
    });
    assert.deepEqual([voltages[1]?.value, voltages[1]?.angle, voltages[1]?.quality], [null, undefined, 'bad']);
    assert.equal(currents[1]?.noAngle, 'not_measured');
    const [, , third] = currents;
    assert.deepEqual([third?.noAngle, third?.value], ['not_measured', 100]);
    assert.deepEqual(
      voltages.map(({ angle }) => angle !== undefined),
      [true, false, true],
    );
  });

  it('is as good as the worst value behind an angle, and as old as the oldest', () => {
    const metrics = measured(BALANCED, [
      [100, -30],
      [100, -150],
      [100, 90],
    ]);
    const { voltages, currents } = diagramOf({
      ...metrics,
      voltage_l2_l3: sample(277 * Math.sqrt(3), 'V', {
        quality: 'uncertain',
        reason: 'layout_inferred',
        timestamp: 400,
      }),
      active_power_l1: { ...metrics['active_power_l1']!, quality: 'uncertain', reason: 'clock_doubtful' },
    });
    assert.deepEqual(
      voltages.map(({ quality, timestamp }) => [quality, timestamp]),
      [1, 2, 3].map(() => ['uncertain', 400]),
    );
    assert.deepEqual([currents[0]?.quality, currents[0]?.reason], ['uncertain', 'clock_doubtful']);
    assert.equal(currents[1]?.quality, 'uncertain', 'its angle counts from a voltage that is uncertain');
  });

  it('calls no angle good while the sequence, which says which way to turn, is not known or not good', () => {
    const metrics = measured(BALANCED, BALANCED);
    const qualities = (sequence: Sample | undefined): readonly string[] => {
      const rest = Object.fromEntries(Object.entries(metrics).filter(([name]) => name !== 'phase_sequence'));
      const { voltages, currents } = diagramOf(sequence === undefined ? rest : { ...rest, phase_sequence: sequence });
      return [...new Set([...voltages, ...currents].map(({ quality }) => quality))];
    };
    assert.deepEqual(qualities(sample(0, '')), ['good']);
    assert.deepEqual(qualities(undefined), ['uncertain']);
    assert.deepEqual(qualities(sample(7, '')), ['uncertain']);
    assert.deepEqual(qualities(sample(null, '', { quality: 'bad', reason: 'read_failed' })), ['uncertain']);
    assert.deepEqual(qualities(sample(0, '', { quality: 'uncertain', reason: 'layout_inferred' })), ['uncertain']);
  });

  it('says that voltages contradict each other instead of drawing something', () => {
    const metrics = measured(BALANCED, [
      [100, -30],
      [100, -150],
      [100, 90],
    ]);
    const impossible = diagramOf({ ...metrics, voltage_l1_l2: sample(900, 'V') });
    assert.equal(impossible.voltages[1]?.noAngle, 'contradiction');
    assert.equal(impossible.currents[1]?.noAngle, 'contradiction');
    const open = diagramOf({ ...metrics, voltage_l2_l3: sample(300, 'V') });
    assert.deepEqual(
      open.voltages.map(({ noAngle }) => noAngle),
      [undefined, 'contradiction', 'contradiction'],
    );
  });

  it('has no arrows where the wiring has no voltages to neutral, and takes no unknown code for a sequence', () => {
    const all = Object.entries(measured(BALANCED, BALANCED));
    const delta = Object.fromEntries(all.filter(([name]) => !/^voltage_.*_n$/.test(name)));
    const { voltages, order } = diagramOf({ ...delta, phase_sequence: sample(7, '') });
    for (const { noAngle, quality } of voltages) assert.deepEqual([noAngle, quality], ['not_measured', 'bad']);
    assert.equal(order, 'unknown');
    assert.equal(diagramOf({}).order, 'unknown');
  });

  it('shows the unbalance of the normalizer where there is one, else by NEMA MG-1', () => {
    const metrics = measured(
      [
        [230, 0],
        [230, -120],
        [230, 120],
      ],
      [
        [100, 0],
        [110, -120],
        [90, 120],
      ],
    );
    assert.ok(Math.abs(Number(diagramOf(metrics).currentUnbalance?.value) - 10) < 1e-9);
    const given = diagramOf({ ...metrics, current_unbalance: sample(3, '%') });
    assert.equal(given.currentUnbalance?.value, 3);
    assert.ok(Number(diagramOf(metrics).voltageUnbalance?.value) < 1e-9);
  });

  it('wraps angles into -180 to 180', () => {
    assert.deepEqual([0, 190, -190, 360, 180, -180, 540].map(wrapped), [0, -170, 170, 0, 180, 180, 180]);
  });
});
