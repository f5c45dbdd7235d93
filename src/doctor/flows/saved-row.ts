/** When a setting counts: each property named has one of these values, any but one, or any text at all. */
type SavedCondition = Readonly<
  Record<string, readonly (string | number | boolean)[] | { readonly not: string | number } | 'filled'>
>;

/** What a saved flow may hold for one setting of a node. */
export interface SavedRow {
  readonly kind: string;
  readonly default: unknown;
  /** Of a number, both ends included. */
  readonly min?: number;
  readonly max?: number;
  /** Of a choice. */
  readonly values?: readonly (string | number)[];
  /** Of a reference: the type of the configuration node. */
  readonly type?: string;
  readonly required?: boolean;
  readonly shownWhen?: SavedCondition;
}

/** True where a setting has a meaning beside the others. @param valueOf with defaults */
export function countsBeside({ shownWhen }: SavedRow, valueOf: (name: string) => unknown): boolean {
  return Object.entries(shownWhen ?? {}).every(([name, wanted]) => {
    const value = valueOf(name);
    if (wanted === 'filled') return typeof value === 'string' && value.trim() !== '';
    if ('not' in wanted) return String(wanted.not) !== String(value);
    return wanted.some((each) => String(each) === String(value));
  });
}
