import type { Clock } from '../../src/support/clock';
import type { Random } from '../../src/support/random';
import type { DatagramSocket } from '../../src/transport/ethernet-ip/implicit/datagram-socket';
import type { Connect } from '../../src/transport/ethernet-ip/session/socket';
import { encodeCyclicFrame } from '../../src/transport/ethernet-ip/wire/cyclic-frame';
import { COMMAND, decodeFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { FaultyReplies } from './faulty-replies';
import { ADDRESS, MemoryDatagrams, MemorySocket } from './memory-sockets';
import { pickOne } from '../pick-one';
import { ASSEMBLY_BYTES, TargetAnswers } from './target-answers';

/** What clients of this target ask for. */
export const PACKET_INTERVAL_MS = 100;

/** A target in memory, whose replies come over a network with faults. */
export class MemoryTarget {
  readonly sockets = new Set<MemorySocket>();
  readonly datagrams = new Set<MemoryDatagrams>();
  private readonly answers: TargetAnswers;
  readonly replies: FaultyReplies;

  /**
   * @param clock of the target, whose timers are nobody else's
   * @param faultShare of all replies that something happens to, 0 to 1
   */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    readonly faults: { share: number },
  ) {
    this.replies = new FaultyReplies(clock, random, faults);
    this.answers = new TargetAnswers(random, faults, () => {
      this.produce();
    });
  }

  /** Class 1 connections that it produces for, by connection serial number. */
  get producing(): TargetAnswers['producing'] {
    return this.answers.producing;
  }

  readonly connect: Connect = (_host, _port, onBytes) => {
    const socket = new MemorySocket(this, onBytes);
    this.sockets.add(socket);
    this.replies.forgetHeld();
    const fate =
      this.random() < this.faults.share / 4 ? pickOne(this.random, ['refused', 'silent'] as const) : 'accepted';
    queueMicrotask(() => {
      if (fate === 'refused') socket.emit('error', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      else if (fate === 'accepted') socket.emit('connect');
    });
    return socket;
  };

  readonly openDatagramSocket = (): DatagramSocket => new MemoryDatagrams(this);

  /** Sends by itself from now on, as often as the clients have asked for, until its timers are forgotten. */
  keepProducing(): void {
    this.clock.after(PACKET_INTERVAL_MS, () => {
      this.produce();
      this.keepProducing();
    });
  }

  /** Sends one frame of every class 1 connection. */
  produce(): void {
    for (const connection of this.producing.values()) {
      connection.sequence++;
      const data = Buffer.alloc(ASSEMBLY_BYTES[connection.instance] ?? 0, connection.instance);
      const { id: connectionId, sequence } = connection;
      const frame = encodeCyclicFrame({ connectionId, sequence, count: sequence, data });
      for (const socket of this.datagrams) socket.emit('message', frame, { address: ADDRESS });
    }
  }

  take(bytes: Buffer, socket: MemorySocket): void {
    const frame = decodeFrame(bytes);
    if (frame.command === COMMAND.unRegisterSession) {
      queueMicrotask(() => {
        socket.emit('end');
        socket.destroy();
      });
      return;
    }
    this.replies.send(this.answers.answer(frame), socket);
  }
}
