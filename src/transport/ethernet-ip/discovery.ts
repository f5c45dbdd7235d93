import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '../../support/clock';
import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { Identity } from '../transport';
import { Connection } from './session/connection';
import { COMMAND, decodeFrame } from './wire/encapsulation';
import { decodeListIdentityReply, type IdentityItem } from './wire/identity-object';
import { withSubject } from './wire/reply';
import { listIdentityRequest } from './wire/requests';
import { connectTcp, describeSocketError, type Connect } from './session/socket';
import { encapsulationStatusError } from './wire/status';

/** A device that answered List Identity. */
export interface DiscoveredDevice {
  /** Where its answer came from. */
  readonly address: string;
  /** TCP port for sessions, as the device tells it. */
  readonly port: number;
  readonly identity: Identity;
  /** State of its Identity object: 3 is operational, 255 not implemented. */
  readonly state: number;
}

export interface DiscoveryDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: a TCP socket of the operating system. */
  readonly connect?: Connect;
}

export interface UdpDiscoverySettings {
  /** One device, or the broadcast address of a network. */
  readonly address: string;
  /** UDP. */
  readonly port: number;
  /** How long answers are collected. */
  readonly timeoutMs: number;
  /** Ends as soon as this many devices answered; default: collect until the time is up. */
  readonly stopAfter?: number;
  /** Address of the network interface to ask from; default: the operating system's choice. */
  readonly localAddress?: string;
  /** Hears of an answer that cannot be read, once for each address, of as many as a person would want to read. */
  readonly onUnreadable?: (unreadable: UnreadableAnswer) => void;
}

/** A device that answered List Identity with something else than its identity. */
export interface UnreadableAnswer {
  /** Where it came from. */
  readonly address: string;
  readonly error: Pm500Error;
}

export interface TcpDiscoverySettings {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly replyTimeoutMs: number;
}

/** Of more answers that cannot be read nothing is told. */
const UNREADABLE_LIMIT = 20;
/** The share of the waiting time that devices may use to spread their answers to a broadcast. */
const DELAY_SHARE = 0.8;

/** @throws Pm500Error ENIP_REPLY_MISMATCH, ENIP_STATUS, ENIP_FRAME_INVALID or CIP_REPLY_INVALID */
function readAnswer(bytes: Buffer, from: string): IdentityItem {
  const what = (): string => `List Identity of ${from}`;
  const frame = withSubject(what, () => decodeFrame(bytes));
  if (frame.command !== COMMAND.listIdentity) {
    throw new Pm500Error('ENIP_REPLY_MISMATCH', `${from} answered List Identity with another command; it is ignored.`);
  }
  if (frame.status !== 0) throw encapsulationStatusError(what(), frame.status);
  return withSubject(what, () => decodeListIdentityReply(frame.data));
}

/**
 * Asks by UDP who is there (CIP Vol 2, 2-4.2). A device is listed once however often it answers; an answer that cannot be
 * read is logged, told to `onUnreadable` and left out.
 * @throws Pm500Error ENIP_CONNECT_FAILED when the network cannot be asked, ABORTED when `signal` aborts
 */
export function discoverByUdp(
  settings: UdpDiscoverySettings,
  dependencies: DiscoveryDependencies,
  signal?: AbortSignal,
): Promise<readonly DiscoveredDevice[]> {
  const { address, port, timeoutMs } = settings;
  const found = new Map<string, DiscoveredDevice>();
  const unreadable = new Set<string>();
  const refuse = (remote: string, error: Pm500Error): void => {
    dependencies.logger.debug(error.message);
    if (unreadable.has(remote) || unreadable.size >= UNREADABLE_LIMIT) return;
    unreadable.add(remote);
    settings.onUnreadable?.({ address: remote, error });
  };
  const take = (bytes: Buffer, remote: RemoteInfo): boolean => {
    try {
      const { identity, state, socketAddress } = readAnswer(bytes, remote.address);
      const device = { address: remote.address, port: socketAddress.port || port, identity, state };
      found.set(`${device.address}:${device.port}/${identity.vendorId}/${identity.serialNumber}`, device);
    } catch (thrown) {
      refuse(remote.address, toPm500Error(thrown));
    }
    return found.size >= (settings.stopAfter ?? Number.POSITIVE_INFINITY);
  };
  return new Promise((resolve, reject) => {
    const socket: Socket = createSocket('udp4');
    let open = true;
    const finish = (error?: Pm500Error): void => {
      if (!open) return;
      open = false;
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      socket.close();
      if (error === undefined) resolve([...found.values()]);
      else reject(error);
    };
    const fail = (cause: unknown): void => {
      const reason = describeSocketError(cause);
      finish(
        new Pm500Error('ENIP_CONNECT_FAILED', `List Identity could not be sent to ${address}:${port}: ${reason}`, {
          cause,
        }),
      );
    };
    const abort = (): void => {
      finish(new Pm500Error('ABORTED', `The search for devices at ${address} was stopped on request.`));
    };
    const timer = dependencies.clock.after(timeoutMs, () => {
      finish();
    });
    socket.on('error', fail);
    socket.on('message', (bytes, remote) => {
      if (open && take(bytes, remote)) finish();
    });
    if (signal?.aborted === true) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    const ask = (): void => {
      try {
        if (!open) return;
        socket.setBroadcast(true);
        socket.send(listIdentityRequest(Math.round(timeoutMs * DELAY_SHARE)), port, address, (error) => {
          if (error !== null) fail(error);
        });
      } catch (thrown) {
        fail(thrown);
      }
    };
    const { localAddress } = settings;
    socket.bind(localAddress === undefined ? { port: 0 } : { port: 0, address: localAddress }, ask);
  });
}

/**
 * Asks one device by TCP, without a session.
 * @throws Pm500Error coded, when it cannot be reached or does not answer as it should, or `signal` aborts (ABORTED)
 */
export async function discoverByTcp(
  settings: TcpDiscoverySettings,
  dependencies: DiscoveryDependencies,
  signal?: AbortSignal,
): Promise<DiscoveredDevice> {
  const { host, port, replyTimeoutMs } = settings;
  const { clock, connect = connectTcp } = dependencies;
  const stopped = new Pm500Error('ABORTED', `The question to ${host}:${port} was stopped on request.`);
  if (signal?.aborted === true) throw stopped;
  let tell: { resolve: (frame: Buffer) => void; reject: (error: Pm500Error) => void } | undefined;
  const answer = new Promise<Buffer>((resolve, reject) => {
    tell = { resolve, reject };
  });
  answer.catch(() => undefined);
  const connection = new Connection(settings, clock, {
    onFrame: (frame) => tell?.resolve(Buffer.from(frame)),
    onLost: (error) => tell?.reject(error),
  });
  const abort = (): void => {
    connection.lose(stopped);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await connection.connect(connect);
    const timer = clock.after(replyTimeoutMs, () => {
      const message = `${host}:${port} did not answer List Identity within ${replyTimeoutMs} ms; check that it is an EtherNet/IP device.`;
      connection.lose(new Pm500Error('ENIP_REPLY_TIMEOUT', message, { retryable: true }));
    });
    try {
      connection.send(listIdentityRequest());
      const { identity, state, socketAddress } = readAnswer(await answer, `${host}:${port}`);
      return { address: host, port: socketAddress.port || port, identity, state };
    } finally {
      timer.cancel();
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    connection.drop();
  }
}
