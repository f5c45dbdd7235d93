import { BD_SEQ_COUNT, type SessionStore } from './session-store';

/** Gives every CONNECT its bdSeq. */
export interface BdSeqCounter {
  /** That of the next CONNECT: one more than the last, 0 after 255 and at the very first. */
  readonly next: number;
  /** A CONNECT with `next` is about to be written. An attempt that gets no connection takes none. */
  take(): void;
}

/** A counter that goes on from what `store` holds. */
export function createBdSeqCounter(store: SessionStore): BdSeqCounter {
  let { bdSeq: last } = store.read();
  const next = (): number => (last === undefined ? 0 : (last + 1) % BD_SEQ_COUNT);
  return {
    get next() {
      return next();
    },
    take: () => {
      last = next();
      store.write({ ...store.read(), bdSeq: last });
    },
  };
}
