interface Waiter {
  /** Number of the PINGREQ whose answer settles it. */
  readonly ping: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Pairs PINGREQ with PINGRESP. A broker answers in order, so an answer says that everything sent before its request has
 * been read: the only receipt there is for messages of QoS 0.
 */
export class PingLedger {
  private readonly waiters: Waiter[] = [];
  private sent = 0;
  private answered = 0;

  /** A PINGREQ has been handed to the socket, whoever wanted it. */
  onSent(): void {
    this.sent++;
  }

  onAnswered(): void {
    this.answered++;
    while (this.waiters[0] !== undefined && this.waiters[0].ping <= this.answered) this.waiters.shift()?.resolve();
  }

  /**
   * Resolves with the answer to a PINGREQ sent now.
   * @param send sends one, so that `onSent` is called before it returns
   */
  confirm(send: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      send();
      this.waiters.push({ ping: this.sent, resolve, reject });
    });
  }

  /** No answer will come any more. */
  fail(error: Error): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(error);
  }
}
