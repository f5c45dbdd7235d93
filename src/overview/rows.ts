import type { RuleRow } from '../domain/alarms/alarm-set';
import type { Quality } from '../domain/quality/quality';
import type { Sentence } from '../support/sentence';
import type { LossCause } from '../delivery/stats';
import type { DeliveryState } from '../delivery/engine-types';

/**
 * How a meter stands: `read` whole, `part` of it, `lost`, `waiting` for somebody else, `connecting`, or `idle`: nobody has
 * asked yet.
 */
export type MeterStandingKind = 'read' | 'part' | 'connecting' | 'waiting' | 'lost' | 'idle';

/** What all rows have: the same key from one moment to the next. */
interface Row {
  readonly key: string;
}

/** A meter, without its values. */
export interface MeterRow extends Row {
  /** The node that reads it. */
  readonly node: string;
  readonly name: string;
  readonly where: string;
  readonly standing: MeterStandingKind;
  /** When it was read last, while it cannot be: epoch milliseconds UTC; 0 for never, and while it can. */
  readonly since: number;
  /** True where a node judges its readings: only then there are values. */
  readonly isJudged: boolean;
  /** True where values wait for somebody to confirm the layout. */
  readonly isUnconfirmed: boolean;
}

/** One value as people read it. */
export interface OverviewValue {
  readonly metric: string;
  readonly label: string;
  /** Empty where there is no value. */
  readonly text: string;
  readonly unit: string;
  readonly quality: Quality;
  /** Why the quality is not good; empty where it is. */
  readonly reason: string;
}

/** The last values of a meter; the key is that of the meter. */
export interface ValueRow extends Row {
  readonly values: readonly OverviewValue[];
  /** When the oldest of them was read, epoch milliseconds UTC; 0 where none was. */
  readonly readAt: number;
}

/** An active alarm. */
export interface AlarmOverviewRow extends Row, Pick<RuleRow, 'id' | 'severity' | 'message'> {
  /** The node that judges it, as the editor knows it, and as it runs. */
  readonly node: string;
  readonly judge: string;
  readonly meter: string;
  /** Epoch milliseconds UTC. */
  readonly since: number;
  /** The last value seen, with its unit; empty where there is none. */
  readonly value: string;
  readonly quality: Quality;
  readonly acknowledged: boolean;
  /** When, epoch milliseconds UTC; 0 where that is not known. */
  readonly acknowledgedAt: number;
  /** By whom; empty where that is not known. */
  readonly acknowledgedBy: string;
  readonly latched: boolean;
  readonly judged: boolean;
}

/** What waits in a sink, and what was lost on the way. */
export interface QueueRow extends Row {
  readonly node: string;
  readonly name: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly waiting: number;
  /** Since when the oldest waits, to the second, epoch milliseconds UTC; 0 when nothing does. */
  readonly oldestAt: number;
  /** Records, by the causes that there were, since the sink began. */
  readonly lost: Readonly<Partial<Record<LossCause, number>>>;
  /** Records that the other side refused, and those of them that are kept on the disk. */
  readonly refused: number;
  readonly setAside: number;
  readonly durable: boolean;
}

export const TASK_KINDS = [
  'settings',
  'list',
  'unstored',
  'held',
  'fullSoon',
  'lost',
  'contradicted',
  'away',
  'waiting',
  'questions',
  'refused',
  'silent',
  'unjudged',
  'leftOut',
  'unconfirmed',
] as const;
/** What needs a person, the most urgent first. */
export type TaskKind = (typeof TASK_KINDS)[number];

/** Something that a person has to look into. */
export interface TaskRow extends Row {
  /** The node that it is about. */
  readonly node: string;
  readonly kind: TaskKind;
  /** How many: meters, records, questions, settings, as the kind has it. */
  readonly count: number;
  /** What it is about, by name; a few of many. */
  readonly names: string;
  /** What happened, where, what to do; absent where the kind says it all. */
  readonly sentence?: Sentence;
}

/** Everything that is shown of everything, but the values. */
export interface Overview {
  readonly tasks: readonly TaskRow[];
  readonly alarms: readonly AlarmOverviewRow[];
  readonly queues: readonly QueueRow[];
  readonly meters: readonly MeterRow[];
  /** How many rows of each there are beyond those that are shown. */
  readonly left: Readonly<Record<'tasks' | 'alarms' | 'queues' | 'meters', number>>;
}
