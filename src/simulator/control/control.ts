import { Expect } from '../../support/expect';
import type { FaultParameter } from '../faults/fault-row';
import { FAULT_ROWS } from '../faults/fault-table';
import type { ActiveFault } from '../faults/faults';
import type { RunningMeter } from '../running-meter';
import type { Simulator } from '../simulator';

/** One meter of a simulation as people and programs see it from outside. */
export interface MeterState {
  /** Counted from 1. */
  readonly meter: number;
  readonly address: string;
  readonly port: number;
  readonly modbusPort?: number;
  readonly catalogNumber: string;
  readonly serialNumber: number;
  readonly faults: readonly ActiveFault[];
  readonly connections: number;
  readonly plcOwns?: boolean;
  /** ISO 8601, without a zone: the plant's own time. */
  readonly simulatedTime: string;
  readonly activePowerW: number;
}

const expect = new Expect('MESSAGE_INVALID', 'correct it and send it again.');

/** The state of one meter. */
export function stateOf(running: RunningMeter, index: number): MeterState {
  const { address, port, modbusPort, catalogNumber, serialNumber, faults, connections, plcOwns } = running;
  return {
    meter: index + 1,
    address,
    port,
    ...(modbusPort === undefined ? {} : { modbusPort }),
    catalogNumber,
    serialNumber,
    faults: faults.active,
    connections: connections.length,
    ...(plcOwns === undefined ? {} : { plcOwns }),
    simulatedTime: new Date(running.simulatedTimeMs()).toISOString().slice(0, 19),
    activePowerW: running.activePowerW(),
  };
}

/** Every way from outside (a message, HTTP, standard input) starts and ends faults through this. */
export class SimulatorControl {
  constructor(private readonly simulator: Pick<Simulator, 'meters'>) {}

  get states(): readonly MeterState[] {
    return this.simulator.meters.map(stateOf);
  }

  /**
   * The meters that `which` names: a number from 1 on, "all", or nothing for all.
   * @throws Pm500Error MESSAGE_INVALID
   */
  choose(which: unknown): readonly RunningMeter[] {
    const { meters } = this.simulator;
    if (which === undefined || which === 'all') return meters;
    const number = typeof which === 'string' && /^\d+$/.test(which) ? Number(which) : which;
    const meter = typeof number === 'number' ? meters[number - 1] : undefined;
    if (meter !== undefined) return [meter];
    return expect.fail('meter', which, `a whole number from 1 to ${meters.length}, or all`);
  }

  /**
   * Carries out an order `{ fault, ...parameters, durationMs, meter }` or `{ clear: name | true, meter }`.
   * @throws Pm500Error MESSAGE_INVALID
   */
  order(value: unknown): void {
    const { meter, fault, clear, ...parameters } = expect.record('the order', value);
    const chosen = this.choose(meter);
    if (fault !== undefined && clear !== undefined) expect.fail('clear', clear, 'nothing beside a fault');
    if (typeof fault === 'string') {
      for (const one of chosen) one.faults.start(fault, parameters);
    } else if (clear === true || clear === 'all') {
      for (const one of chosen) one.faults.stopAll();
    } else if (typeof clear === 'string') {
      for (const one of chosen) one.faults.stop(clear);
    } else expect.fail('fault', fault, 'the name of a fault, or clear with a name or true');
  }
}

function describeParameter(parameter: FaultParameter): string {
  const fallback = `(${parameter.default})`;
  if (parameter.kind === 'choice') return `${parameter.name}=${parameter.choices.join('|')} ${fallback}`;
  const { min, max, unit } = parameter;
  return `${parameter.name}=${min}..${max}${unit === '' ? '' : ` ${unit}`} ${fallback}`;
}

/** Every fault with its parameters, a line or two each, for help texts. */
export function describeFaults(): string {
  const width = Math.max(...[...FAULT_ROWS.keys()].map((name) => name.length));
  return [...FAULT_ROWS.values()]
    .map(({ name, does, parameters, instant, durationMs }) => {
      const more = parameters.map(describeParameter);
      if (durationMs !== undefined) more.push(`durationMs (${durationMs})`);
      const tail = more.length === 0 ? '' : `\n  ${' '.repeat(width)}  ${more.join(', ')}`;
      return `  ${name.padEnd(width)}  ${does}${instant === true ? ' (once)' : ''}${tail}\n`;
    })
    .join('');
}
