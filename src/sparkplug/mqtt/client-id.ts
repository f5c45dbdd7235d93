import { createClientId } from '../../mqtt/client-id';
import type { Random } from '../../support/random';
import type { SessionStore } from '../session/session-store';

/**
 * The client ID of an edge node, the same after a restart: a broker that still holds the session of a killed program ends
 * it when the same client connects (MQTT 3.1.1, 3.1.4), so that its NDEATH comes before the new NBIRTH and not long
 * after. A copy of the files on another computer gets an ID of its own.
 */
export function keptClientId(store: SessionStore, hostName: string, random: Random): string {
  const record = store.read();
  if (record.clientId !== undefined && record.hostName === hostName) return record.clientId;
  const clientId = createClientId(random);
  store.write({ ...record, clientId, hostName });
  return clientId;
}
