import { LAYOUT_CHECK_SCHEMA } from '../layout-check/verdict';
import { NORMALIZE_DIAGNOSTICS_SCHEMA } from './diagnostics';

/**
 * Schemas of what `pm500-normalize` sends by the same output as alarms and what has no value for a database or a host: the
 * sinks pass over it, so that the output can be wired to them as it is.
 */
export const SIDE_SCHEMAS: readonly unknown[] = [NORMALIZE_DIAGNOSTICS_SCHEMA, LAYOUT_CHECK_SCHEMA];
