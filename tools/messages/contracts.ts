import { DELIVERY } from '../../src/delivery/diagnostics';
import { ALARM } from '../../src/domain/alarms/alarm-message';
import { COUNTER_MESSAGE } from '../../src/domain/counters/counter-message';
import { DIAGNOSTICS } from '../../src/domain/diagnostics/diagnostics';
import { layoutCheckContract } from '../../src/domain/layout-check/verdict';
import type { Contract } from '../../src/domain/messages/contract';
import { READING } from '../../src/domain/messages/reading';
import { TELEMETRY } from '../../src/domain/messages/telemetry';
import { NORMALIZE_DIAGNOSTICS } from '../../src/domain/normalizer/diagnostics';
import { IOT_ALARM, IOT_BATCH, IOT_EVENT, IOT_TELEMETRY } from '../../src/iot/contracts';
import { PM500 } from '../../src/meters/pm500';

/** Every message that nodes of this package send, to the next node or to a broker. */
export const CONTRACTS: readonly Contract<unknown>[] = [
  READING,
  TELEMETRY,
  ALARM,
  COUNTER_MESSAGE,
  layoutCheckContract(PM500),
  DIAGNOSTICS,
  NORMALIZE_DIAGNOSTICS,
  DELIVERY,
  IOT_TELEMETRY,
  IOT_ALARM,
  IOT_EVENT,
  IOT_BATCH,
];

/** The schema of pm500.counter-event/1 is counter-event.schema.json. */
export function schemaFileOf({ name }: Pick<Contract<unknown>, 'name'>): string {
  return name.replace(/^pm500\.(.*)\/1$/, '$1.schema.json');
}
