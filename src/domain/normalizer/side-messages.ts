import { COUNTER_SCHEMA } from '../counters/counter-message';
import { DIAGNOSTICS_SCHEMA } from '../diagnostics/diagnostics';
import { LAYOUT_CHECK_SCHEMA } from '../layout-check/verdict';
import { NORMALIZE_DIAGNOSTICS_SCHEMA } from './diagnostics';

/**
 * Schemas of what `pm500-normalize` sends by the same output as alarms, and `pm500-poll` by its second one, and what has no
 * value for a database or a host: the sinks pass over it, so that these outputs can be wired to them as they are.
 */
export const SIDE_SCHEMAS: readonly unknown[] = [
  NORMALIZE_DIAGNOSTICS_SCHEMA,
  DIAGNOSTICS_SCHEMA,
  LAYOUT_CHECK_SCHEMA,
  COUNTER_SCHEMA,
];
