import type { Clock } from '../../../support/clock';
import type { Logger } from '../../../support/logger';
import type { Transport } from '../../transport';
import { CheckedSizes } from '../session/checked-sizes';
import type { ContextCounter } from '../session/request-line';
import { openSession, type SessionSettings } from '../session/session';
import { SessionTransport } from '../session/session-transport';
import { connectTcp, type Connect } from '../session/socket';

export type ExplicitSettings = SessionSettings;

export interface ExplicitDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: a TCP socket of the operating system. */
  readonly connect?: Connect;
}

/**
 * Explicit messages over UCMM (CIP Vol 2, 2-4.7): one TCP connection, one encapsulation session, one request on the wire.
 * Reads of several callers are taken in turn.
 */
export function createExplicitTransport(settings: ExplicitSettings, dependencies: ExplicitDependencies): Transport {
  const { clock, logger, connect = connectTcp } = dependencies;
  const counter: ContextCounter = { low: 0, high: 0 };
  const sizes = new CheckedSizes();
  return new SessionTransport(settings, { clock, logger }, (onLost) =>
    openSession(settings, { clock, connect, counter, sizes, onLost }),
  );
}
