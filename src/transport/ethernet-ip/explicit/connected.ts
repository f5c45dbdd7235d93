import type { Clock, Timer } from '../../../support/clock';
import { Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import type { Random } from '../../../support/random';
import type { AssemblyBlock, Identity, Transport } from '../../transport';
import { timeoutMultiplier, type RouterConnection } from '../wire/connection-parameters';
import type { ForwardClose } from '../wire/forward-close';
import { CheckedSizes } from '../session/checked-sizes';
import { closeInOrder } from '../session/close-in-order';
import { processOriginator } from '../session/originator';
import type { ContextCounter } from '../session/request-line';
import { openSession, type Session, type SessionSettings } from '../session/session';
import { SessionTransport, type OpenAttempt, type OpenSession } from '../session/session-transport';
import { connectTcp, type Connect } from '../session/socket';

export type ConnectedSettings = SessionSettings;

export interface ConnectedDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  /** Default: a TCP socket of the operating system. */
  readonly connect?: Connect;
}

const CONNECTION: RouterConnection = { kind: 'message-router' };
/** Sister products of the same maker take 100 ms to 10 s; the meter's own bounds are not in the manual. */
const RPI_MICROSECONDS = 2_000_000;
const TIMEOUT_CODE = 2;
const TIMEOUT_MS = (RPI_MICROSECONDS / 1000) * timeoutMultiplier(TIMEOUT_CODE);
/** A connection without requests for so long is used once, so that the meter does not time it out. */
const KEEP_ALIVE_MS = TIMEOUT_MS / 4;

/**
 * Explicit messages over a class 3 connection to the Message Router (CIP Vol 1, 3-4.4.3 and 3-5.5): one Forward Open for
 * all assemblies, one request on the wire. Reads of several callers are taken in turn.
 */
export function createConnectedTransport(settings: ConnectedSettings, dependencies: ConnectedDependencies): Transport {
  const { clock, logger, random, connect = connectTcp } = dependencies;
  const counter: ContextCounter = { low: 0, high: 0 };
  const sizes = new CheckedSizes();
  const where = `${settings.host}:${settings.port}`;
  return new SessionTransport(settings, { clock, logger }, (onLost): OpenAttempt => {
    let opened: ConnectedSession | undefined;
    const attempt = openSession(settings, {
      clock,
      connect,
      counter,
      sizes,
      onLost: (error) => {
        opened?.stop();
        onLost(error);
      },
    });
    const openConnection = async (): Promise<ConnectedSession> => {
      const session = await attempt.result;
      const originator = processOriginator(random);
      const ids = originator.nextIds();
      try {
        const connection = await session.openConnection(`Opening a class 3 connection to ${where}`, {
          ...ids,
          targetToOriginatorId: originator.nextConnectionId(),
          rpiMicroseconds: RPI_MICROSECONDS,
          timeoutMultiplierCode: TIMEOUT_CODE,
          connection: CONNECTION,
        });
        opened = new ConnectedSession(session.over(connection), { ...ids, connection: CONNECTION }, clock);
        // It may have been lost between the reply and this line.
        if (session.lost !== undefined) opened.stop();
        return opened;
      } catch (thrown) {
        await session.leave(new Pm500Error('METER_CLOSED', `The session with ${where} was given back.`));
        throw thrown;
      }
    };
    return {
      result: openConnection(),
      giveUp: (error) => {
        attempt.giveUp(error);
      },
    };
  });
}

/** A session whose reads go over a class 3 connection, which it keeps alive. */
class ConnectedSession implements OpenSession {
  private timer: Timer | undefined;
  private usedAt: number;

  constructor(
    private readonly session: Session,
    private readonly connection: ForwardClose,
    private readonly clock: Clock,
  ) {
    this.usedAt = clock.monotonic();
    this.watch(KEEP_ALIVE_MS);
  }

  get lost(): Pm500Error | undefined {
    return this.session.lost;
  }

  read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array> {
    this.usedAt = this.clock.monotonic();
    return this.session.read(block, signal);
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    this.usedAt = this.clock.monotonic();
    return this.session.identify(signal);
  }

  async leave(error: Pm500Error): Promise<void> {
    this.stop();
    await closeInOrder(this.session, [this.connection], this.clock);
    await this.session.leave(error);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private watch(delayMs: number): void {
    this.timer = this.clock.after(delayMs, () => {
      const idleMs = this.clock.monotonic() - this.usedAt;
      if (idleMs >= KEEP_ALIVE_MS) {
        // Whether it is answered shows in the session, which is lost when it is not.
        this.identify().catch(() => undefined);
        this.watch(KEEP_ALIVE_MS);
      } else {
        this.watch(KEEP_ALIVE_MS - idleMs);
      }
    });
  }
}
