import { readFileSync } from 'node:fs';

/** Of the columns of /proc/PID/stat behind the name, in ticks (proc(5)); the kernel shows 100 a second. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;
const TICK_MICROSECONDS = 10_000;

/** Processor time that a process has taken since it began, all its threads together. */
export function cpuMicroseconds(pid: number): number {
  const columns = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(columns[USER_TIME]) + Number(columns[SYSTEM_TIME])) * TICK_MICROSECONDS;
}
