import type { Random } from '../support/random';

/** A client ID that no other session has: 22 letters and digits, within what every broker takes (MQTT 3.1.1, 3.1.3.1). */
export function createClientId(random: Random): string {
  const digits = Array.from({ length: 17 }, () => Math.floor(random() * 36).toString(36));
  return `pm500${digits.join('')}`;
}
