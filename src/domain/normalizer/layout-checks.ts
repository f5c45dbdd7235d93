import type { MeterModel, WiringMode } from '../../meters/meter-model';
import { Pm500Error } from '../../support/errors';
import { describeValue } from '../../support/expect';
import { builtInLayout } from '../codec/built-in-layouts';
import { LayoutCheck } from '../layout-check/layout-check';
import type { LayoutVerdict, Word } from '../layout-check/verdict';
import type { Reading } from '../messages/reading';

/** The layout check of one meter, from the message that starts it to the one that asks for its verdict. */
export class MeterLayoutCheck {
  private check: LayoutCheck | undefined;
  private layout: string | undefined;
  private otherLayout: string | undefined;

  constructor(
    private readonly model: MeterModel,
    private readonly wiring: WiringMode | undefined,
  ) {}

  accept(reading: Reading): void {
    const { name } = reading.layout;
    if (name !== this.layout) {
      // Another layout was chosen meanwhile: what was seen with the one before says nothing about it.
      const layout = builtInLayout(this.model, name);
      const { wiring } = this;
      this.layout = name;
      this.otherLayout = layout === undefined ? name : undefined;
      this.check =
        layout === undefined
          ? undefined
          : new LayoutCheck(this.model, { layout, ...(wiring === undefined ? {} : { wiring }) });
    }
    this.check?.accept(reading);
  }

  /** @throws Pm500Error MESSAGE_INVALID when there is nothing to judge */
  verdict(meter: string): LayoutVerdict {
    if (this.otherLayout !== undefined) {
      throw new Pm500Error(
        'MESSAGE_INVALID',
        `Meter ${describeValue(meter)} is read with the layout file ${describeValue(this.otherLayout)}, which this node does not have; run pm500 check HOST --layout FILE instead.`,
      );
    }
    if (this.check === undefined) {
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
