import { delay, type Clock } from './clock';

/** A user that never leaves must not hold up a deployment: Node-RED gives a node 15 s to close. */
const LONGEST_WAIT_MS = 8000;
/** Messages that were on their way to a node when it was closed still come for this long. */
const LATE_MESSAGES_MS = 100;

/**
 * Who uses something that must end after all of them. Node-RED closes nodes and the configuration nodes that they use at
 * the same time, in no order, and still hands over messages that were on their way.
 */
export class Users {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** Registers a user, until the returned function is called; calling it again does nothing. */
  enter(): () => void {
    let isHere = true;
    this.count += 1;
    return () => {
      if (!isHere) return;
      isHere = false;
      this.count -= 1;
      if (this.count > 0) return;
      for (const resolve of this.waiting) resolve();
      this.waiting.clear();
    };
  }

  /** Lets a user of a node that is closing leave once no more messages can come to it. */
  async leaveLate(leave: () => void): Promise<void> {
    await delay(this.clock, LATE_MESSAGES_MS);
    leave();
  }

  /** Runs `work` as a user. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Resolves when nobody is here any more; of users that do not leave, after a while. */
  gone(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        deadline.cancel();
        this.waiting.delete(finish);
        resolve();
      };
      const deadline = this.clock.after(LONGEST_WAIT_MS, finish);
      this.waiting.add(finish);
    });
  }
}
