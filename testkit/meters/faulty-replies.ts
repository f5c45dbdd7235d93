import type { Clock } from '../../src/support/clock';
import type { Random } from '../../src/support/random';
import { COMMAND, encodeFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { pickOne } from '../pick-one';
import type { MemorySocket } from './memory-sockets';

/** What happens to one reply on its way. */
export const REPLY_FAULTS = [
  'doubled in one segment',
  'doubled in two',
  'merged with what nothing asked for',
  'cut in pieces',
  'cut off',
  'late',
  'never',
  'behind the reply before it',
  'before the reply before it',
  'followed by a hang-up',
  'of another session',
  'with a status',
  'with a length that disagrees',
] as const;
type ReplyFault = (typeof REPLY_FAULTS)[number];

/** The way of replies over a network that doubles, merges, cuts, delays, reorders and loses them. */
export class FaultyReplies {
  /** How often each fault happened. */
  readonly happened = new Map<ReplyFault, number>();
  private before: Buffer | undefined;
  private held: Buffer | undefined;

  /** @param faults share of all replies that something happens to, 0 to 1 */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly faults: { readonly share: number },
  ) {}

  /** Nothing waits for the next reply any more. */
  forgetHeld(): void {
    this.held = undefined;
  }

  send(reply: Buffer, socket: MemorySocket): void {
    const before = this.before;
    this.before = reply;
    const fault = this.random() < this.faults.share ? pickOne(this.random, REPLY_FAULTS) : undefined;
    if (fault !== undefined) this.happened.set(fault, (this.happened.get(fault) ?? 0) + 1);
    queueMicrotask(() => {
      this.deliver(reply, before, fault, socket);
    });
  }

  private deliver(
    given: Buffer,
    before: Buffer | undefined,
    fault: ReplyFault | undefined,
    socket: MemorySocket,
  ): void {
    const held = this.held;
    this.held = undefined;
    const reply = held === undefined ? given : Buffer.concat([held, given]);
    const later = (delayMs: number, chunk: Buffer): void => {
      this.clock.after(delayMs, () => {
        socket.deliver(chunk);
      });
    };
    switch (fault) {
      case undefined:
        socket.deliver(reply);
        return;
      case 'doubled in one segment':
        socket.deliver(Buffer.concat([reply, given]));
        return;
      case 'doubled in two':
        socket.deliver(reply);
        if (this.random() < 0.5) socket.deliver(given);
        else later(this.random() * 500, given);
        return;
      case 'merged with what nothing asked for':
        socket.deliver(
          Buffer.concat([reply, encodeFrame({ command: pickOne(this.random, [0, COMMAND.listIdentity, 0x6f]) })]),
        );
        return;
      case 'cut in pieces': {
        const at = Math.floor(this.random() * (reply.length + 1));
        const goOn = socket.deliverPart(reply.subarray(0, at), reply.subarray(at));
        if (this.random() < 0.5) goOn();
        else this.clock.after(this.random() * 900, goOn);
        return;
      }
      case 'cut off': {
        const at = Math.floor(this.random() * reply.length);
        socket.deliverPart(reply.subarray(0, at), reply.subarray(at));
        return;
      }
      case 'late':
        later(this.random() * 4000, reply);
        return;
      case 'never':
        return;
      case 'behind the reply before it':
        socket.deliver(before === undefined ? reply : Buffer.concat([before, reply]));
        return;
      case 'before the reply before it':
        // It waits for the next one, which it stands before, or forever.
        this.held = before === undefined ? reply : Buffer.concat([reply, before]);
        return;
      case 'followed by a hang-up':
        socket.deliver(reply);
        socket.emit(pickOne(this.random, ['end', 'close'] as const));
        return;
      case 'of another session':
        reply.writeUInt32LE(pickOne(this.random, [0, 99]), 4);
        socket.deliver(reply);
        return;
      case 'with a status':
        reply.writeUInt32LE(pickOne(this.random, [1, 2, 0x64]), 8);
        socket.deliver(reply);
        return;
      case 'with a length that disagrees':
        reply.writeUInt16LE(Math.max(0, reply.readUInt16LE(2) + pickOne(this.random, [-2, -1, 1, 2])), 2);
        socket.deliver(reply);
    }
  }
}
