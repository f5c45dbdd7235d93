import { holds, type ShownWhen } from '../../support/shown-when';

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
  readonly shownWhen?: ShownWhen;
}

/** True where a setting has a meaning beside the others. @param valueOf with defaults */
export function countsBeside({ shownWhen }: SavedRow, valueOf: (name: string) => unknown): boolean {
  return holds(shownWhen, valueOf);
}
