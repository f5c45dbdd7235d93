import { builtInLayout, withEnergy, workingLayout } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import type { CompiledLayout } from '../../src/domain/codec/layout';
import { READING_SCHEMA, type Reading } from '../../src/domain/messages/reading';
import { CATALOG } from '../../src/metrics/catalog';
import { PM500 } from '../../src/meters/pm500';
import { loadCsvProfile } from '../../src/simulator/model/csv-profile';
import { MeterPhysics } from '../../src/simulator/model/meter-physics';

/** Instantaneous values, powers with the power factor, energy counters: what is read all the time. */
const ASSEMBLIES = [101, 102, 107] as const;
/** What the simulated meter need not work out. */
const NONE = Object.fromEntries(
  CATALOG.filter(({ influxType }) => influxType === 'float').map(({ name }) => [name, 0]),
);

function sentLayout(name: string | undefined): CompiledLayout {
  const candidate = PM500.energy.candidates.find((each) => each.name === name);
  const layout = candidate === undefined ? undefined : builtInLayout(PM500, withEnergy(PM500.layout, candidate).name);
  return layout ?? workingLayout(PM500);
}

export interface PlantMeterOptions {
  /** When the recorded year begins, epoch milliseconds. */
  readonly startMs: number;
  /** Name of the way in which the meter sends its energy counters, where a person confirmed another one. */
  readonly sends?: string;
  /** Which values a reading holds; all where absent. */
  readonly holds?: RegExp;
}

/** The simulated meter behind the recorded plant, read without a network: as the bytes of its assemblies have it. */
export class PlantMeter {
  readonly physics: MeterPhysics;
  private readonly sent: CompiledLayout;
  private readonly known = workingLayout(PM500);

  constructor(
    private readonly name: string,
    private readonly options: PlantMeterOptions,
  ) {
    const [catalogEntry] = PM500.identity.catalogNumbers;
    if (catalogEntry === undefined) throw new Error('The model has no catalog number.');
    this.physics = new MeterPhysics({ catalogEntry, serialNumber: 940_000_001, seed: 7, load: loadCsvProfile() });
    this.sent = sentLayout(options.sends);
  }

  /** Time of the recording for a time of the test. */
  recordedMs(timeMs: number): number {
    return timeMs - this.options.startMs + this.physics.startMs;
  }

  /** A reading with a layout that a person has confirmed. */
  read(timestamp: number): Reading {
    const at = this.recordedMs(timestamp);
    const all = { ...NONE, ...this.physics.section('instant', at), ...this.physics.section('counters', at) };
    const blocks = ASSEMBLIES.map((instance) => {
      const [sent, known] = [this.sent.blocks.get(instance), this.known.blocks.get(instance)];
      if (sent === undefined || known === undefined) throw new Error(`There is no assembly ${instance}.`);
      const bytes = encodeBlock(sent, all);
      return {
        assembly: instance,
        group: known.group,
        timestamp,
        latencyMs: 1,
        provenance: this.held(known.provenance),
        ...(instance === PM500.energy.instance ? { raw: Buffer.from(bytes).toString('hex') } : {}),
        values: this.held(decodeBlock(known, bytes).values),
      };
    });
    const { catalogEntry, serialNumber } = this.physics;
    const { catalogNumber } = catalogEntry;
    const meter = { name: this.name, host: '127.0.0.1', tags: { site: 'plant' }, catalogNumber, serialNumber };
    return { schema: READING_SCHEMA, meter, layout: { name: this.known.name, confirmed: true }, timestamp, blocks };
  }

  private held<Item>(record: Readonly<Record<string, Item>>): Readonly<Record<string, Item>> {
    const { holds } = this.options;
    return holds === undefined
      ? record
      : Object.fromEntries(Object.entries(record).filter(([name]) => holds.test(name)));
  }
}
