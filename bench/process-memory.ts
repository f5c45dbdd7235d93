import { readFileSync } from 'node:fs';

const KILOBYTES_PER_MEGABYTE = 1024;

/** Memory that a process has in RAM now, MB (proc(5)). */
export function residentMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / KILOBYTES_PER_MEGABYTE;
}
