import { toPm500Error, type Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { RefusedRecord } from './consignment';
import type { DeadLetters } from './dead-letters';
import type { Destination } from './destination';
import type { Receipts } from './receipts';

/** Records of one origin that were refused for one reason. */
export interface Refusal {
  /** The first of them. */
  readonly payload: string;
  readonly reason: Pm500Error;
  /** How many they are. */
  readonly count: number;
  /** The sentence to show: the reason, and where the others are. */
  readonly message: string;
}

/** So many at once are reported one by one; beyond, a flood of messages would hold up what is still good. */
const SINGLY = 10;

/** What becomes of refused records: kept on the disk, told to who waits for them, or to who handed them in, or to the log. */
export class Refusals {
  private kept = 0;
  private readonly listeners = new Map<string, (refusal: Refusal) => void>();

  constructor(
    private readonly receipts: Receipts,
    private readonly destination: Pick<Destination, 'name' | 'unit'>,
    private readonly logger: Logger,
    private readonly deadLetters: DeadLetters | undefined,
  ) {}

  /** Records that were set aside. */
  get setAside(): number {
    return this.kept;
  }

  /** Records that were set aside and made room for later ones. */
  get overwritten(): number {
    return this.deadLetters?.overwritten ?? 0;
  }

  listen(origin: string, listener: (refusal: Refusal) => void): () => void {
    this.listeners.set(origin, listener);
    return () => {
      if (this.listeners.get(origin) === listener) this.listeners.delete(origin);
    };
  }

  /** Resolves when they are kept, or cannot be. */
  async note(refused: readonly RefusedRecord[]): Promise<void> {
    const isKept = await this.keep(refused);
    const unheard = refused.filter(({ position, reason }) => !this.receipts.noteRejected(position, reason));
    for (const group of groupBy(unheard, ({ record, reason }) => `${record.origin ?? ''}\n${reason.message}`)) {
      if (group.length <= SINGLY) for (const one of group) this.tell(one, 1, isKept);
      else if (group[0] !== undefined) this.tell(group[0], group.length, isKept);
    }
  }

  private tell({ record, reason }: RefusedRecord, count: number, isKept: boolean): void {
    const { unit } = this.destination;
    const { payload, origin = '' } = record;
    const place = isKept && this.deadLetters !== undefined ? `; they are in ${this.deadLetters.path}` : '';
    const message =
      count === 1 ? reason.message : `${reason.message} The same is said of ${count - 1} more ${unit}s${place}.`;
    const listener = this.listeners.get(origin);
    if (listener !== undefined) listener({ payload, reason, count, message });
    else this.logger.error(isKept ? message : `${message} The ${unit} was: ${payload}`);
  }

  /** Refused records that cannot be kept must not stop the others: then the log has them. */
  private async keep(refused: readonly RefusedRecord[]): Promise<boolean> {
    const { deadLetters, logger, destination } = this;
    if (deadLetters === undefined) return false;
    try {
      await deadLetters.add(refused.map(({ record, reason }) => ({ payload: record.payload, reason })));
      this.kept += refused.length;
      return true;
    } catch (thrown) {
      const why = toPm500Error(thrown).message;
      const beginning = `A refused ${destination.unit} cannot be kept in ${deadLetters.path} (${why}).`;
      for (const { record } of refused) logger.error(`${beginning} The ${destination.unit} was: ${record.payload}`);
      return false;
    }
  }
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Iterable<readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups.values();
}
