import type { MeterModel } from '../../../meters/meter-model';
import type { Clock } from '../../../support/clock';
import { Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import type { Random } from '../../../support/random';
import type { Block, IoTraffic, ReceivedBlock, Transport } from '../../transport';
import { openDatagramSocket, type OpenDatagramSocket } from './datagram-socket';
import { processDatagrams, type DatagramRegistry } from './datagram-registry';
import { CheckedSizes } from '../session/checked-sizes';
import { DeliveryChoice } from './delivery-choice';
import { ImplicitSession } from './implicit-session';
import { interfaceAddress, IoSockets } from './io-sockets';
import { checkImplicitSettings, type ImplicitSettings } from './implicit-settings';
import type { OpenAnother } from '../session/lasting-session';
import { IoTrafficRecorder } from './io-traffic';
import { processOriginator } from '../session/originator';
import type { ContextCounter } from '../session/request-line';
import { openSession } from '../session/session';
import { SessionTransport, type OpenAttempt } from '../session/session-transport';
import { connectTcp, type Connect } from '../session/socket';

export type { ImplicitMode, ImplicitSettings } from './implicit-settings';

export interface ImplicitDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  /** Default: a TCP socket of the operating system. */
  readonly connect?: Connect;
  /** Default: a UDP socket of the operating system. */
  readonly openDatagramSocket?: OpenDatagramSocket;
  /** Default: the sockets of this process. */
  readonly datagrams?: DatagramRegistry;
}

/** Tells, beside the data, when its frame came, and how it comes. */
class ImplicitTransport extends SessionTransport<ImplicitSession> implements Transport {
  constructor(
    private readonly recorder: IoTrafficRecorder,
    ...rest: ConstructorParameters<typeof SessionTransport<ImplicitSession>>
  ) {
    super(...rest);
  }

  get traffic(): IoTraffic {
    return this.recorder.snapshot();
  }

  receive(block: Block, signal?: AbortSignal): Promise<ReceivedBlock> {
    return this.ask(block, (session, assembly) => session.receive(assembly, signal), signal);
  }
}

/**
 * I/O connections of class 1 (CIP Vol 2, 3-2): the meter sends its assemblies on its own, each over a connection that is
 * opened when the assembly is read for the first time. A read gives the newest data. One session serves all connections
 * of a meter, one UDP socket all meters of the process.
 *
 * A connection that is refused for a reason that concerns the meter (no owner to listen to, ownership conflict, no
 * connection left) closes the transport when it carries no other connection: whoever opens it again waits first. When it
 * carries others, the refused assembly is not asked for again before some seconds have passed.
 * @throws Pm500Error CONFIG_INVALID, for instance for an interval that the meter does not bear
 */
export function createImplicitTransport(
  model: Pick<MeterModel, 'quirks'>,
  settings: ImplicitSettings,
  dependencies: ImplicitDependencies,
): Transport {
  const checked = checkImplicitSettings(model, settings);
  const { clock, logger, random, connect = connectTcp } = dependencies;
  const openSocket = dependencies.openDatagramSocket ?? openDatagramSocket;
  const registry = dependencies.datagrams ?? processDatagrams;
  const counter: ContextCounter = { low: 0, high: 0 };
  const sizes = new CheckedSizes();
  const where = `${settings.host}:${settings.port}`;
  const delivery = new DeliveryChoice(checked.delivery, clock, logger);
  const traffic = new IoTrafficRecorder();
  const isDirect = delivery.orderFor(checked.mode === 'input-only' ? 'input-only' : 'listen-only')[0] !== 'multicast';
  return new ImplicitTransport(traffic, checked, { clock, logger }, (onLost): OpenAttempt<ImplicitSession> => {
    let opened: ImplicitSession | undefined;
    const openAnother: OpenAnother = (onSessionLost) =>
      openSession(checked, { clock, connect, counter, sizes, onLost: onSessionLost });
    const attempt = openAnother((error) => opened?.noteLost(error));
    const openDatagrams = async (): Promise<ImplicitSession> => {
      const session = await attempt.result;
      const { receivePort, localAddress = interfaceAddress(session.localAddress) } = checked;
      const sockets = new IoSockets({ receivePort, localAddress }, { registry, openSocket, logger });
      try {
        if (isDirect) await sockets.pointToPoint();
        const originator = processOriginator(random);
        const context = { clock, logger, random, originator, delivery, traffic, openAnother, onLost };
        opened = new ImplicitSession(session, sockets, checked, context);
        // It may have been lost while the UDP port was opened.
        if (session.lost !== undefined) opened.noteLost(session.lost);
        return opened;
      } catch (thrown) {
        await sockets.release();
        await session.leave(new Pm500Error('METER_CLOSED', `The session with ${where} was given back.`));
        throw thrown;
      }
    };
    return {
      result: openDatagrams(),
      giveUp: (error) => {
        attempt.giveUp(error);
      },
    };
  });
}
