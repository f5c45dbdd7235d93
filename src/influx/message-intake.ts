import { Pm500Error, toPm500Error } from '../support/errors';
import type { LineMapper, MappedLines } from './line-mapper';
import type { PointDefaults } from './message-points';

/** What is mapped or handed on before everything else has its turn: some milliseconds of work. */
const SLICE = { points: 1000, characters: 500_000 };

export interface IntakeOptions {
  readonly mapper: LineMapper;
  /** Takes lines in the order of the calls; resolves when they are as safe as was asked for. */
  readonly submit: (lines: readonly string[]) => Promise<void>;
  /** Lets everything else that waits have its turn. */
  readonly pause: () => Promise<void>;
  /** Told of values that could not become fields, as soon as this is known. */
  readonly onLeftOut: (count: number) => void;
}

/**
 * Takes messages in order, also one of hundreds of thousands of points, which goes in slices so that nothing else waits
 * for it. What is wrong with any of its points refuses the whole message.
 */
export class MessageIntake {
  /** What the next message waits for, while a large one is on its way. */
  private before: Promise<void> | undefined;

  constructor(private readonly options: IntakeOptions) {}

  /**
   * @throws Pm500Error MESSAGE_INVALID or LINE_PROTOCOL_INVALID, nothing was taken then; what `submit` throws, of a large
   * message with how many points were taken all the same
   */
  async take(payload: unknown, defaults: PointDefaults): Promise<void> {
    const parts = this.options.mapper.mapParts(payload, defaults, SLICE);
    let first: MappedLines | undefined;
    if (this.before === undefined) {
      const { done, value } = parts.next();
      if (done === true) {
        this.tell(value);
        if (value.lines.length > 0) await this.options.submit(value.lines);
        return;
      }
      first = value;
    }
    const turn = this.takeTurn();
    await turn.came;
    let slices: readonly Slice[];
    try {
      slices = await this.takeSlices(first, parts);
    } finally {
      turn.end();
    }
    await judge(slices);
  }

  /** Resolves when no large message is on its way. */
  async idle(): Promise<void> {
    while (this.before !== undefined) await this.before;
  }

  /** Maps all, then hands on all; resolves when the last was handed on. */
  private async takeSlices(
    first: MappedLines | undefined,
    parts: Generator<MappedLines, MappedLines>,
  ): Promise<readonly Slice[]> {
    const { pause, submit } = this.options;
    const mapped: MappedLines[] = [];
    if (first !== undefined) {
      mapped.push(first);
      await pause();
    }
    for (let part = parts.next(); ; part = parts.next()) {
      mapped.push(part.value);
      await pause();
      if (part.done === true) break;
    }
    this.tell({ lines: [], leftOut: mapped.reduce((sum, { leftOut }) => sum + leftOut, 0) });
    const slices: Slice[] = [];
    for (const { lines } of mapped) {
      if (lines.length === 0) continue;
      const end = submit(lines);
      // Who waits for all of them hears of it; until then it is nobody's.
      end.catch(() => undefined);
      slices.push({ count: lines.length, end });
      await pause();
    }
    return slices;
  }

  private tell({ leftOut }: MappedLines): void {
    if (leftOut > 0) this.options.onLeftOut(leftOut);
  }

  private takeTurn(): { readonly came: Promise<void>; readonly end: () => void } {
    const came = this.before ?? Promise.resolve();
    let finish: () => void = () => undefined;
    const own = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.before = own;
    return {
      came,
      end: () => {
        if (this.before === own) this.before = undefined;
        finish();
      },
    };
  }
}

interface Slice {
  readonly count: number;
  readonly end: Promise<void>;
}

/** @throws Pm500Error the first failure, with how much of the message it is about */
async function judge(slices: readonly Slice[]): Promise<void> {
  const ends = await Promise.allSettled(slices.map(({ end }) => end));
  const failures = ends.flatMap((end, place) =>
    end.status === 'rejected' ? [{ place, reason: end.reason as unknown }] : [],
  );
  const [first] = failures;
  if (first === undefined) return;
  const error = toPm500Error(first.reason);
  if (slices.length === 1) throw error;
  const all = slices.reduce((sum, { count }) => sum + count, 0);
  const failed = failures.reduce((sum, { place }) => sum + (slices[place]?.count ?? 0), 0);
  throw new Pm500Error(
    error.code,
    `${error.message.replace(/\.$/, '')}; this was about parts with ${failed} of the ${all} points of the message, the others were taken.`,
    { cause: error, retryable: error.retryable, details: error.details },
  );
}
