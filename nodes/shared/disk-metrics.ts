import { statfsSync } from 'node:fs';
import type { NodeAPI } from 'node-red';
import type { MetricFamily } from '../../src/domain/diagnostics/prometheus';
import { ownPath } from './user-dir';

const FAMILIES = [
  ['pm500_disk_free_bytes', 'Bytes that may still be written to the disk of the Node-RED user directory.', 'bavail'],
  ['pm500_disk_size_bytes', 'Its size.', 'blocks'],
] as const;

/** The disk that outboxes, states and refused records are on; nothing where it cannot be looked at. */
export function diskMetrics(RED: NodeAPI): readonly MetricFamily[] {
  const path = ownPath(RED);
  if (path === undefined) return [];
  try {
    const disk = statfsSync(path);
    return FAMILIES.map(([name, help, count]) => ({
      name,
      help,
      type: 'gauge',
      samples: [{ labels: { path }, value: disk[count] * disk.bsize }],
    }));
  } catch {
    return [];
  }
}
