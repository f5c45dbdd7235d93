import type { Register } from '../../meters/meter-model';
import { encodeRegisters } from '../../domain/codec/register-encode';
import { metricsOf, planSpans, type RegisterSpan } from '../../domain/codec/register-plan';
import type { Value } from '../../domain/messages/reading';
import { CATALOGUE } from '../../metrics/catalogue';
import { WIRING_MODES } from '../../meters/pm500/identity';
import { REGISTERS } from '../../meters/pm500/registers';
import { printedRegister } from '../../transport/modbus/address';
import { sectionOf, type Section } from '../model/meter-model';
import { overloadRegisters } from '../model/overload';
import { resized, type SimulatedMeter } from '../model/simulated-meter';
import { PM500 } from '../../meters/pm500';

const METRICS = new Map(CATALOGUE.map((metric) => [metric.name, metric]));

/** What a register without a metric is called here. */
const nameOf = (register: number): string => `register ${register}`;

/** Every register of the table, each with a name under which its value is looked up. */
const ROWS: readonly Register[] = REGISTERS.map((row) =>
  metricsOf(row).length > 0
    ? row
    : { ...row, encoding: row.encoding === 'FLAGS' ? 'UINT' : row.encoding, metric: nameOf(row.register) },
);

/**
 * Three phases and neutral, demand over fixed 15 minutes by the clock, no transformers: as the load model works. Where zero
 * is out of the printed range there is something in it: no filter, United States daylight saving time though it is off,
 * pulses of one.
 */
const SETTINGS: Readonly<Record<string, number>> = {
  [nameOf(304_098)]: WIRING_MODES.indexOf('3PN'),
  [nameOf(304_108)]: 3,
  [nameOf(304_110)]: 1,
  [nameOf(304_121)]: 1,
  [nameOf(304_123)]: 1,
  [nameOf(304_129)]: 1,
  [nameOf(304_364)]: 3,
  [nameOf(304_367)]: 11,
  [nameOf(304_869)]: 1,
  [nameOf(304_875)]: 1,
};
/** Bits of register 316387: Ethernet Modbus, EtherNet/IP (1420-UM001D p.61 Table 32). */
const FITTED_MODULES = (1 << 3) | (1 << 8);
const ANALOG_MODULE = 1 << 5;

/** The most that a reply carries. */
const MOST_BYTES = 250;

interface Source {
  readonly span: RegisterSpan;
  readonly sections: readonly Section[];
}

function sectionsOf(span: RegisterSpan): readonly Section[] {
  const metrics = Object.keys(span.provenance).flatMap((name) => METRICS.get(name) ?? []);
  return [...new Set(metrics.map(sectionOf))];
}

/** All registers of a simulated meter, as a Modbus server sees them. What is not in the table does not exist. */
export class RegisterImage {
  private readonly sources: readonly Source[];

  constructor(private readonly meter: SimulatedMeter) {
    // A meter may serve more than the table knows, but no gap is ever readable here.
    this.sources = planSpans(PM500, ROWS).map((span) => ({ span, sections: sectionsOf(span) }));
  }

  /** Registers as they travel, from a wire address on, for one reply; undefined when one of them does not exist. */
  read(address: number, words: number): Uint8Array | undefined {
    const register = printedRegister(address);
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
    const time = new Date(timeMs);
    const clock = [
      time.getUTCFullYear(),
      time.getUTCMonth() + 1,
      time.getUTCDate(),
      time.getUTCHours(),
      time.getUTCMinutes(),
      time.getUTCSeconds(),
    ];
    const analog = this.meter.model.model.inputsOutputs === 'analog' ? ANALOG_MODULE : 0;
    return {
      // A setting that nobody knows is zero, not a NaN.
      ...Object.fromEntries(span.rows.map(({ row }) => [nameOf(row.register), 0])),
      ...SETTINGS,
      ...Object.fromEntries(clock.map((value, index) => [nameOf(304_358 + index), value])),
      [nameOf(316_387)]: FITTED_MODULES | analog,
    };
  }
}
