import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the settings of the stack ask for. */
const NAMES = [
  'node_red_password',
  'node_red_metrics_token',
  'node_red_credential_secret',
  'mqtt_node_red_password',
  'influx_writer_password',
] as const;

/** Secrets of the stack in a folder, as its bootstraps leave them. */
export function writeShippedSecrets(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of NAMES) writeFileSync(join(folder, name), `${name}-0123456789abcdef`, { mode: 0o600 });
}
