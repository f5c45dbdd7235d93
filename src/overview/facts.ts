import type { MeterCondition } from '../acquisition/meter-poll';
import type { Health } from '../delivery/destination';
import type { DeliveryStats } from '../delivery/stats';
import type { NormalizedMeter } from '../domain/normalizer/normalizer-set';
import type { Telemetry } from '../domain/messages/telemetry';
import type { Sentence } from '../support/sentence';

/** What a node that reads a meter knows of it. */
export interface ReadMeterFacts {
  /** Id that the node runs with. */
  readonly node: string;
  readonly name: string;
  /** Where it is read: address and port, or serial port and unit. */
  readonly where: string;
  readonly condition: MeterCondition;
}

/** What a node that judges readings knows of all its meters. */
export interface NormalizerFacts {
  readonly node: string;
  readonly meters: readonly NormalizedMeter[];
  /** One sentence for each part of the configuration that is left out. */
  readonly problems: readonly Sentence[];
  /** Everything that was last known of one of its meters. */
  readonly lastKnown: (meter: string) => Telemetry | undefined;
}

/** What a sink knows of its delivery. */
export interface SinkFacts {
  readonly node: string;
  readonly name: string;
  readonly type: string;
  readonly stats: DeliveryStats;
  /** Whether the other side would take records, where it was asked. */
  readonly health?: Health;
}

/** A node that does not work, or in part, until a person changes something. */
export interface NodeTrouble {
  readonly node: string;
  /** `settings`: the node does not run. `list`: a list of meters cannot be used, whole or in part. */
  readonly kind: 'settings' | 'list';
  /** Name of the node, or its type. */
  readonly name: string;
  /** What happened, where, what to do. */
  readonly sentence: Sentence;
}

/** All that nodes tell, as of now. */
export interface OverviewFacts {
  /** The id by which the editor knows a node: inside of a subflow another one than it runs with. */
  readonly inEditor: (node: string) => string;
  readonly meters: readonly ReadMeterFacts[];
  readonly normalizers: readonly NormalizerFacts[];
  readonly sinks: readonly SinkFacts[];
  readonly troubles: readonly NodeTrouble[];
}
