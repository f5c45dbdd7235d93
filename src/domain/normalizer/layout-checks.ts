import { WORKING_LAYOUT } from '../../meter/assemblies';
import type { WiringMode } from '../../meter/identity';
import { Pm500Error } from '../../support/errors';
import { describeValue } from '../../support/expect';
import { LayoutCheck } from '../layout-check/layout-check';
import type { LayoutVerdict, Word } from '../layout-check/verdict';
import type { Reading } from '../reading';

/** The layout check of one meter, from the message that starts it to the one that asks for its verdict. */
export class MeterLayoutCheck {
  private readonly check: LayoutCheck;
  private otherLayout: string | undefined;
  private readings = 0;

  constructor(wiring: WiringMode | undefined) {
    this.check = new LayoutCheck(wiring === undefined ? {} : { wiring });
  }

  accept(reading: Reading): void {
    if (reading.layout.name !== WORKING_LAYOUT.name) this.otherLayout = reading.layout.name;
    else {
      this.readings++;
      this.check.accept(reading);
    }
  }

  /** @throws Pm500Error MESSAGE_INVALID when there is nothing to judge */
  verdict(meter: string): LayoutVerdict {
    if (this.otherLayout !== undefined) {
      throw new Pm500Error(
        'MESSAGE_INVALID',
        `Meter ${describeValue(meter)} is read with the layout file ${describeValue(this.otherLayout)}, which this node does not have; run pm500 check HOST --layout FILE instead.`,
      );
    }
    if (this.readings === 0) {
      throw new Pm500Error(
        'MESSAGE_INVALID',
        `The layout check of meter ${describeValue(meter)} has seen no reading yet; let pm500-poll read all groups for some minutes first.`,
      );
    }
    return this.check.verdict();
  }
}

/** What was found of each metric, where anything was. */
export function verdictsOf({ assemblies }: LayoutVerdict): ReadonlyMap<string, Word> {
  return new Map(
    assemblies.flatMap(({ elements }) =>
      elements
        .filter(({ verdict }) => verdict !== 'undecided')
        .map(({ metric, verdict }) => [metric, verdict] as const),
    ),
  );
}
