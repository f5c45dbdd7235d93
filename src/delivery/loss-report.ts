import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { createThrottle, type Throttle } from '../support/throttle';
import type { Destination } from './destination';
import { LOSS_CAUSES, type LossCause } from './stats';

/** Losses are said at once, then at most this often, milliseconds: an outage may last for days. */
const INTERVAL_MS = 60_000;

type Losses = Readonly<Record<LossCause, number>>;

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
    const { name, unit } = this.destination;
    const many = (count: number): string => (count === 1 ? `1 ${unit} was` : `${count} ${unit}s were`);
    const { age = 0, size = 0, overwritten = 0 } = losses;
    const parts = [
      size > 0 &&
        `${many(size)} dropped before ${name} took them: the outbox is full, and the oldest go first; raise its limit or bring ${name} back.`,
      age > 0 &&
        `${many(age)} dropped for age before ${name} took them: the outbox keeps none that long; let it keep them longer, or bring ${name} back.`,
      overwritten > 0 &&
        `${many(overwritten)} set aside as refused by ${name} and overwritten by later ones: the place for refused ${unit}s is full; raise its limit or save the file.`,
    ].filter((part) => part !== false);
    return new Pm500Error('OUTBOX_FULL', parts.join(' '), { details: { ...losses } });
  }

  private report(): void {
    const now = this.lossesNow();
    const since = { age: 0, size: 0, overwritten: 0 };
    // What is damaged was said where it was found.
    for (const cause of ['age', 'size', 'overwritten'] as const) since[cause] = now[cause] - this.reported[cause];
    this.reported = now;
    if (since.age + since.size + since.overwritten > 0) this.logger.warn(this.error(since).message);
  }
}
