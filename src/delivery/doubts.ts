import type { OutboxRecord } from '../outbox/outbox';
import { Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import type { Attempts, NewestRecord, Refused } from './attempts';
import type { Consignment, Group } from './consignment';
import type { Destination, Rejected } from './destination';
import type { DeliverySettings } from './settings';

/** Other records that are tried before a refusal is held to be about all of them. */
const WITNESSES = 8;
/** Records in a row that may be set aside on the words of the other side alone, where nothing else waits to be tried. */
const CREDIT = 10;

export interface DoubtDependencies {
  readonly settings: DeliverySettings;
  readonly destination: Destination;
  readonly random: Random;
  readonly attempts: Attempts;
  readonly signal: AbortSignal;
  /** The record that was handed in last, where it still waits. */
  readonly newest: () => NewestRecord | undefined;
}

/**
 * Tells a refusal of records from a refusal of everything. Records are only set aside while the other side takes others:
 * where every record gets the same answer, the fault lies with the request, the database or the settings, and setting
 * records aside would lose what a person can still save.
 */
export class Doubts {
  private credit = CREDIT;
  private takenAtCredit = 0;

  constructor(private readonly dependencies: DoubtDependencies) {}

  /**
   * What to do with a group that was refused as a whole.
   * @param takenBefore `attempts.taken` when its consignment was begun
   * @returns `refused`: its records are at fault; `again`: try it once more, in parts where it has several; undefined
   * when the engine was closed
   */
  async judge(
    consignment: Consignment,
    refusal: Refused,
    takenBefore: number,
  ): Promise<'refused' | 'again' | undefined> {
    // The state stays `held` while it is looked again and again, so its key is not that of the looks.
    const doubt = {};
    try {
      return await this.decide(doubt, consignment, refusal, takenBefore);
    } finally {
      this.dependencies.attempts.release(doubt);
    }
  }

  private async decide(
    doubt: object,
    consignment: Consignment,
    { sent: group, verdict, takenAtSend }: Refused,
    takenBefore: number,
  ): Promise<'refused' | 'again' | undefined> {
    const { attempts, destination, settings, random, signal } = this.dependencies;
    const [first] = group.records;
    if (first === undefined) return 'refused';
    if (takenAtSend > takenBefore && isPointedAt(group, verdict)) return 'refused';
    const delays = retryDelays({ ...settings.retry, maximumMs: settings.recheckMs }, random);
    for (let round = 0; !signal.aborted; round += 1) {
      const taken = attempts.taken;
      // The fault may have been mended since the refusal: only who is refused after another was taken is at fault.
      if (round > 0 || taken > takenBefore) {
        const answer = await attempts.ask(group, first, consignment);
        if (answer === undefined) return undefined;
        if (answer === 'written') return 'again';
        if (taken > takenBefore) return 'refused';
      }
      const witnesses = this.witnesses(consignment, group);
      if (witnesses.length === 0 && this.mayTrust(verdict, group.records.length)) return 'refused';
      for (const witness of witnesses) {
        const answer = await attempts.ask(group, witness, consignment);
        if (answer === undefined) return undefined;
        if (answer === 'written') break;
      }
      if (attempts.taken > takenBefore) continue;
      await attempts.hold(doubt, allRefused(destination, verdict.error), delays.next().value);
    }
    return undefined;
  }

  private witnesses(consignment: Consignment, group: Group): readonly OutboxRecord[] {
    const { random, newest } = this.dependencies;
    const { batch } = consignment;
    const own = new Set(group.records);
    const last = newest();
    const isElsewhere = last !== undefined && last.position >= batch.to;
    const others = consignment.open(batch.from).filter((record) => !own.has(record));
    const chosen: OutboxRecord[] = isElsewhere ? [last.record] : [];
    while (chosen.length < WITNESSES && others.length > 0) {
      chosen.push(...others.splice(Math.floor(random() * others.length), 1));
    }
    return chosen;
  }

  /** Records that nothing can be compared with are set aside if the other side speaks of them, but not one after the other. */
  private mayTrust(verdict: Rejected, records: number): boolean {
    const { taken } = this.dependencies.attempts;
    if (taken > this.takenAtCredit) {
      this.takenAtCredit = taken;
      this.credit = CREDIT;
    }
    const isAboutRecords = (verdict.named?.length ?? 0) > 0 || (verdict.count ?? 0) > 0;
    if (!isAboutRecords || this.credit < records) return false;
    this.credit -= records;
    return true;
  }
}

/** Of several records that nothing points at one more is tried alone: together they may be too many. */
function isPointedAt({ records, isSuspected = false }: Group, { named = [] }: Rejected): boolean {
  return records.length === 1 || isSuspected || named.length === records.length;
}

function allRefused({ name, unit }: Destination, cause: Pm500Error): Pm500Error {
  const message = `${name} refuses every ${unit} alike, so no ${unit} is set aside: all of them wait. ${cause.message}`;
  return new Pm500Error('DELIVERY_REFUSED', message, { cause, details: cause.details });
}
