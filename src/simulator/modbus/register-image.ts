import type { MeterModel, Register } from '../../meters/meter-model';
import { encodeRegisters } from '../../domain/codec/register-encode';
import { metricsOf, planSpans, type RegisterSpan } from '../../domain/codec/register-plan';
import type { Value } from '../../domain/messages/reading';
import { CATALOG } from '../../metrics/catalog';
import { printedRegister } from '../../transport/modbus/address';
import { sectionOf, type Section } from '../model/meter-physics';
import { overloadRegisters } from '../model/overload';
import { resized, type SimulatedMeter } from '../model/simulated-meter';

const METRICS = new Map(CATALOG.map((metric) => [metric.name, metric]));

/** What a register without a metric is called here. */
const nameOf = (register: number): string => `register ${register}`;

/** Every register of the table, each with a name under which its value is looked up. */
function rowsOf({ registers }: MeterModel): readonly Register[] {
  return registers.all.map((row) =>
    metricsOf(row).length > 0
      ? row
      : { ...row, encoding: row.encoding === 'FLAGS' ? 'UINT' : row.encoding, metric: nameOf(row.register) },
  );
}

/** The most that a reply carries. */
const MOST_BYTES = 250;

interface ImageSource {
  readonly span: RegisterSpan;
  readonly sections: readonly Section[];
}

function sectionsOf(span: RegisterSpan): readonly Section[] {
  const metrics = Object.keys(span.provenance).flatMap((name) => METRICS.get(name) ?? []);
  return [...new Set(metrics.map(sectionOf))];
}

/** All registers of a simulated meter, as a Modbus server sees them. What is not in the table does not exist. */
export class RegisterImage {
  private readonly sources: readonly ImageSource[];
  private readonly factory: Readonly<Record<string, Value>>;

  constructor(private readonly meter: SimulatedMeter) {
    // A meter may serve more than the table knows, but no gap is ever readable here.
    this.sources = planSpans(meter.model, rowsOf(meter.model)).map((span) => ({ span, sections: sectionsOf(span) }));
    const { factory } = meter.model.registers;
    this.factory = Object.fromEntries([...factory].map(([register, value]) => [nameOf(register), value]));
  }

  /** Registers as they travel, from a wire address on, for one reply; undefined when one of them does not exist. */
  read(address: number, words: number): Uint8Array | undefined {
    const register = printedRegister(this.meter.model, address);
    const source = this.sources.find(
      ({ span }) => register >= span.register && register + words <= span.register + span.words,
    );
    if (source === undefined) return undefined;
    const simulatedTimeMs = this.meter.valueTimeMs();
    const values = this.meter.valuesOf(source.sections, simulatedTimeMs);
    const settings = this.settingsAt(source.span, this.meter.simulatedTimeMs());
    const bytes = encodeRegisters(source.span, { ...settings, ...values });
    if (this.meter.overload !== undefined) overloadRegisters(bytes, source.span, this.meter.overload);
    const first = 2 * (register - source.span.register);
    const asked = bytes.subarray(first, first + 2 * words);
    // The byte count of a reply has one byte; whole registers only.
    const extraBytes = 2 * Math.trunc(this.meter.extraBytes / 2);
    const served = extraBytes === 0 ? asked : resized(asked, Math.min(extraBytes, MOST_BYTES - asked.length));
    this.meter.served.note(() => ({ register, bytes: served, values, simulatedTimeMs }));
    return served;
  }

  private settingsAt(span: RegisterSpan, timeMs: number): Record<string, Value> {
    const { clock, modules } = this.meter.model.registers;
    const time = new Date(timeMs);
    const words = [
      time.getUTCFullYear(),
      time.getUTCMonth() + 1,
      time.getUTCDate(),
      time.getUTCHours(),
      time.getUTCMinutes(),
      time.getUTCSeconds(),
    ];
    const isAnalog = this.meter.physics.catalogEntry.inputsOutputs === 'analog';
    return {
      // A setting that nobody knows is zero, not a NaN.
      ...Object.fromEntries(span.rows.map(({ row }) => [nameOf(row.register), 0])),
      ...this.factory,
      ...(clock === undefined ? {} : Object.fromEntries(words.map((value, index) => [nameOf(clock + index), value]))),
      ...(modules === undefined
        ? {}
        : { [nameOf(modules.register)]: modules.fitted | (isAnalog ? modules.analog : 0) }),
    };
  }
}
