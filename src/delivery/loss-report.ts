import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { createThrottle, type Throttle } from '../support/throttle';
import type { Destination } from './destination';
import { LOSS_CAUSES, type LossCause, type Losses } from './stats';

/** Losses are said at once, then at most this often, milliseconds: an outage may last for days. */
const INTERVAL_MS = 60_000;

type Other = Pick<Destination, 'name' | 'unit'>;

/** What happened and what to do, after "3 records were". What is damaged is said where it is found. */
const SENTENCES: readonly (readonly [cause: Exclude<LossCause, 'damage'>, sentence: (other: Other) => string])[] = [
  [
    'size',
    ({ name }) =>
      `dropped before ${name} took them: the outbox is full, and the oldest go first; raise its limit or bring ${name} back.`,
  ],
  [
    'age',
    ({ name }) =>
      `dropped for age before ${name} took them: the outbox keeps none that long; let it keep them longer, or bring ${name} back.`,
  ],
  [
    'absent',
    () =>
      'dropped while they waited for devices that are not there any more: too old, or too many; publish these devices again, or let them go.',
  ],
  [
    'overwritten',
    ({ name, unit }) =>
      `set aside as refused by ${name} and overwritten by later ones: the place for refused ${unit}s is full; raise its limit or save the file.`,
  ],
  [
    'notStored',
    () => 'lost because the outbox could not take them; the log says why, mend the disk or make room on it.',
  ],
  [
    'unfit',
    () => 'dropped because they do not fit the datatype that their metric has now; it was another one when they came.',
  ],
  ['tooLarge', ({ name }) => `left out because each is larger than ${name} takes; make them smaller.`],
  [
    'notKept',
    () =>
      'lost because they came while nothing could be sent, and newer ones after them; choose a store that keeps them, memory or disk.',
  ],
];

/** For who waits for the records: the log has named the file already. */
const DAMAGE_SENTENCE: readonly [cause: 'damage', sentence: () => string] = [
  'damage',
  () => 'lost with a file of the outbox that was damaged; the log names it, check the disk.',
];

/** Says in the log what is lost and why, added up where it goes on. */
export class LossReport {
  private reported: Losses;
  private readonly reports: Throttle;

  constructor(
    private readonly lossesNow: () => Losses,
    private readonly destination: Pick<Destination, 'name' | 'unit'>,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.reported = lossesNow();
    this.reports = createThrottle(clock, INTERVAL_MS, () => {
      this.report();
    });
  }

  /** To be called whenever something may have been lost. */
  look(): void {
    const now = this.lossesNow();
    if (LOSS_CAUSES.some((cause) => now[cause] > this.reported[cause])) this.reports.request();
  }

  close(): void {
    this.reports.cancel();
    this.report();
  }

  /** One sentence about records that were lost. */
  error(losses: Partial<Losses>): Pm500Error {
    const { unit } = this.destination;
    const many = (count: number): string => (count === 1 ? `1 ${unit} was` : `${count} ${unit}s were`);
    const parts = [...SENTENCES, DAMAGE_SENTENCE].flatMap(([cause, sentence]) => {
      const count = losses[cause] ?? 0;
      return count > 0 ? `${many(count)} ${sentence(this.destination)}` : [];
    });
    return new Pm500Error('OUTBOX_FULL', parts.join(' '), { details: { ...losses } });
  }

  private report(): void {
    const now = this.lossesNow();
    const since: Partial<Record<LossCause, number>> = {};
    for (const [cause] of SENTENCES) {
      const count = now[cause] - this.reported[cause];
      if (count > 0) since[cause] = count;
    }
    this.reported = now;
    if (Object.keys(since).length > 0) this.logger.warn(this.error(since).message);
  }
}
