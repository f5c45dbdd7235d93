/** How the other side takes a delivery. */
export type Judgment =
  | { readonly kind: 'taken' }
  /** Nobody answers. */
  | { readonly kind: 'away' }
  /** Something fails, and no words say what. */
  | { readonly kind: 'failed' }
  /** Some are refused. What it tells of them, and whether it takes the others of the same delivery. */
  | {
      readonly kind: 'refused';
      readonly places: readonly number[];
      readonly tells: 'names' | 'count' | 'nothing';
      readonly isPartial: boolean;
    }
  | { readonly kind: 'too large' };

/** A made-up other side of a sink: what it holds, and the rule by which it takes what comes. */
export class OtherSide {
  readonly stored = new Set<string>();
  readonly deliveries: (readonly string[])[] = [];
  rule: (payloads: readonly string[]) => Judgment = () => ({ kind: 'taken' });

  take(payloads: readonly string[]): Judgment {
    this.deliveries.push(payloads);
    const judgment = this.rule(payloads);
    if (judgment.kind === 'taken') for (const payload of payloads) this.stored.add(payload);
    if (judgment.kind === 'refused' && judgment.isPartial) {
      payloads.forEach((payload, place) => {
        if (!judgment.places.includes(place)) this.stored.add(payload);
      });
    }
    return judgment;
  }

  /** Refuses records by what they hold. */
  refuse(
    isBad: (payload: string) => boolean,
    tells: 'names' | 'count' | 'nothing',
    isPartial = tells !== 'nothing',
  ): void {
    this.rule = (payloads) => {
      const places = payloads.flatMap((payload, place) => (isBad(payload) ? place : []));
      return places.length === 0 ? { kind: 'taken' } : { kind: 'refused', places, tells, isPartial };
    };
  }
}
