import type { Outbox } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import type { Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { Random } from '../../support/random';
import type { BdSeqCounter } from './bd-seq';
import type { EdgePhase } from '../edge/edge-events';
import type { EdgeNodeSettings } from '../edge/edge-node';
import type { HistorySettings } from '../history/history-settings';
import type { OpenLink } from '../../mqtt/mqtt-link';
import type { BrokerSettings, BrokerTls } from '../../mqtt/mqtt-options';
import type { QueuePlace } from '../history/queue-place';
import type { Server } from '../../mqtt/server-list';

export interface EdgeSessionSettings {
  readonly node: Omit<EdgeNodeSettings, 'hasFurtherServers'>;
  /** The first server, and what holds for all. */
  readonly broker: Omit<BrokerSettings, 'clientId' | 'tls'>;
  /** Where to go when the first server fails, a host asks for it, or the primary host is not online there. */
  readonly furtherServers?: readonly Server[];
  /** One of its own where absent. */
  readonly clientId?: string;
  /** Called for every connection, so that renewed certificates are used. No TLS where absent. */
  readonly readTls?: () => BrokerTls;
  /** Store and forward; what cannot be published is lost where absent. */
  readonly history?: Omit<HistorySettings, 'blindMs'>;
  /** Bytes of a message at most, for brokers that do not say it themselves. */
  readonly maximumMessageBytes?: number;
  /** How long a device's first or changed DBIRTH waits for metrics of other groups. */
  readonly settleMs?: number;
  /** Least time between an NBIRTH and a rebirth that a host asks for. */
  readonly quietMs?: number;
  /** How often the health of the edge node is published, where templates are in use. */
  readonly healthMs?: number;
  /** After how long an NBIRTH that the broker did not return is missed, where the own topic is read. */
  readonly birthReturnMs?: number;
  /** How long to wait for the primary host on one of several servers. */
  readonly hostWaitMs?: number;
}

export interface EdgeSessionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly openLink: OpenLink;
  readonly bdSeq: BdSeqCounter;
  /** Where values wait, with `history`. It belongs to the caller, who closes it after the session. */
  readonly outbox?: Outbox;
  /** Where values of devices that are not there wait, kept as safely as the outbox; in memory where absent. */
  readonly queues?: QueuePlace;
}

/** What an edge node shows of itself. */
export interface EdgeState {
  readonly phase: EdgePhase;
  /** IDs of devices that are born. */
  readonly devices: readonly string[];
  /** Why there is no session, until there is one again. */
  readonly error?: Pm500Error;
  /** Something a person has to look at although the session stands: another edge node has the same IDs, or the broker does not return the own NBIRTH. */
  readonly alarm?: Pm500Error;
}
