import type { ReceivedCyclicFrame } from '../wire/cyclic-frame';
import type { Datagrams } from './datagrams';

/**
 * Catches what a meter sends over a connection before its reply to the Forward Open has been read: the first frame
 * leaves right after the reply, over UDP, and may overtake it. Without it the first read waits for a whole interval.
 */
export class EarlyFrame {
  private newest: ReceivedCyclicFrame | undefined;
  private readonly unsubscribe: () => void;

  /** @param connectionId T->O; ours to choose with point-to-point delivery only */
  constructor(datagrams: Datagrams, address: string, connectionId: number) {
    this.unsubscribe = datagrams.subscribe(address, connectionId, (frame) => {
      this.newest = frame;
    });
  }

  /** Ends catching and gives what was caught. May be called twice. */
  take(): ReceivedCyclicFrame | undefined {
    this.unsubscribe();
    const { newest } = this;
    this.newest = undefined;
    return newest;
  }
}
