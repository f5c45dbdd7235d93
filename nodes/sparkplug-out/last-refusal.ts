/** Longer than the interval at which most meters are read, ms: whoever looks at the canvas sees what comes with every message. */
export const REFUSAL_SHOWN_MS = 15_000;

type Kind = 'notStored' | 'messageRefused';

/** What was not taken last, for as long as that is shown. Messages of other meters that are taken do not hide it. */
export class LastRefusal {
  private kind: Kind | undefined;
  private at = 0;

  /** @param now milliseconds of a clock that nobody sets */
  constructor(private readonly now: () => number) {}

  note(kind: Kind): void {
    this.kind = kind;
    this.at = this.now();
  }

  /** Undefined where nothing was refused lately. */
  get shown(): Kind | undefined {
    return this.now() - this.at < REFUSAL_SHOWN_MS ? this.kind : undefined;
  }
}
