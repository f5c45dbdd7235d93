/** So many NBIRTHs of one's own can be on their way back from the broker at once; a rebirth a second leaves room. */
const KEPT_BIRTHS = 16;

/**
 * Tells NBIRTHs of somebody else from those of one's own, which the broker sends back on the same topic. Two births of
 * the same bytes are taken for one: they have the same bdSeq and the same millisecond.
 */
export class DuplicateWatch {
  private readonly own: Uint8Array[] = [];

  /** Remembers a birth that is about to be published. */
  add(payload: Uint8Array): void {
    this.own.push(payload);
    if (this.own.length > KEPT_BIRTHS) this.own.shift();
  }

  /** True for an NBIRTH that was not published here. */
  isForeign(payload: Uint8Array): boolean {
    return !this.own.some((own) => Buffer.compare(own, payload) === 0);
  }
}
