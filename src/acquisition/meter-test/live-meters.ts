import { shownValues, type ShownValue } from '../../domain/shown/shown-values';
import type { MeterModel } from '../../meters/meter-model';
import type { Clock, Timer } from '../../support/clock';
import { ofCode, Pm500Error } from '../../support/errors';
import { sentences, type Sentence } from '../../support/sentence';
import type { MeterRegistry, VisitedMeter } from '../meter-registry';
import { settingsOf, type MeterChoice } from '../meter-settings';
import { LEASE_MS } from './look-times';
import { visitorChoiceOf } from './visitor-choice';

/** What a meter says now, for a person who looks. */
export interface LiveAnswer {
  /** Names this looking; given again by whoever goes on. */
  readonly id: string;
  /** This computer's clock, epoch milliseconds UTC: ages count from here. */
  readonly now: number;
  readonly values: readonly ShownValue[];
  /** What could not be read, a sentence each. */
  readonly problems: readonly Sentence[];
  /** Names of the configurations whose connection is used; empty for one of its own. */
  readonly users: readonly string[];
}

export interface LiveSources {
  readonly model: MeterModel;
  readonly registry: Pick<MeterRegistry, 'visit'>;
  readonly clock: Clock;
  /** A name that nobody guesses. */
  readonly newId: () => string;
}

/** How many may look at a time. */
export const MOST_LOOKING = 4;
export const LIVE_SENTENCES = sentences('live', {
  tooMany: '{most} forms show live values already; close one of them and try again.',
});

interface Looking {
  readonly choice: string;
  readonly visited: VisitedMeter;
  /** Requests under way. */
  pending: number;
  lease: Timer | undefined;
}

/** Meters that people look at while a form is open: each by one connection at most, which ends when they stop to ask. */
export class LiveMeters {
  private readonly lookings = new Map<string, Looking>();

  constructor(private readonly sources: LiveSources) {}

  /** How many look now. */
  get size(): number {
    return this.lookings.size;
  }

  /**
   * Reads everything that the meter has, once.
   * @param given as the answer before gave it; absent, forgotten or for another choice: a new one begins
   * @throws Pm500Error CONFIG_INVALID, LAYOUT_INVALID, METER_PROTOCOL_BUSY; CONFIG_INVALID when too many look
   */
  async look(choice: MeterChoice, given?: string): Promise<LiveAnswer> {
    const { clock, newId } = this.sources;
    const text = JSON.stringify(choice);
    const isSame = given !== undefined && this.lookings.get(given)?.choice === text;
    if (given !== undefined && !isSame) await this.leave(given);
    const id = isSame ? given : newId();
    const looking = await this.open(id, text, choice);
    looking.lease?.cancel();
    looking.pending++;
    const { session, users } = looking.visited;
    try {
      const reading = await session.readGroups(session.groups);
      const failures = reading.blocks.flatMap(({ error }) =>
        error === undefined ? [] : [[error.message, error.code] as const],
      );
      const now = clock.now();
      const problems = [...new Map(failures)].map(([message, code]) => ofCode(code, message));
      return { id, now, values: shownValues(reading, now, session.groups), problems, users };
    } finally {
      looking.pending--;
      this.renew(id, looking);
    }
  }

  /** Ends a looking before its time; one that is not known is no error. */
  async leave(id: string): Promise<void> {
    const looking = this.lookings.get(id);
    if (looking === undefined) return;
    this.lookings.delete(id);
    looking.lease?.cancel();
    await looking.visited.release();
  }

  /** What is looked at under this name: opened anew where a configuration has come meanwhile. */
  private async open(id: string, text: string, choice: MeterChoice): Promise<Looking> {
    const { model, registry } = this.sources;
    const found = this.lookings.get(id);
    if (found !== undefined && found.visited.session.state.kind !== 'closed') return found;
    const settings = settingsOf(model, visitorChoiceOf(choice));
    await this.leave(id);
    if (this.lookings.size >= MOST_LOOKING) {
      throw new Pm500Error('CONFIG_INVALID', LIVE_SENTENCES.say('tooMany', { most: MOST_LOOKING }));
    }
    const looking = { choice: text, visited: registry.visit(settings), pending: 0, lease: undefined };
    this.lookings.set(id, looking);
    return looking;
  }

  private renew(id: string, looking: Looking): void {
    if (looking.pending > 0 || this.lookings.get(id) !== looking) return;
    looking.lease = this.sources.clock.after(
      LEASE_MS,
      () => {
        // Releasing never fails.
        void this.leave(id);
      },
      true,
    );
  }
}
