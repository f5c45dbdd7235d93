/**
 * The process that runs JSONata mappings. A thread evaluates, so that this, its main thread, always hears that Node-RED
 * has ended, however it ended, and can end an evaluation that holds its thread. After an evaluation that had to be ended
 * nothing of this process is used again: the parent starts a new one.
 */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  ENDED_AFTER_MS,
  HEAP_MB,
  LONGEST_MS,
  LONGEST_WAIT_MS,
  type FromMapping,
  type FromMappingProcess,
  type MappingResult,
  type ToMapping,
} from './mapping-protocol';

const SELF_CHECK_MS = 50;

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

function tell(message: FromMappingProcess, done: () => void = () => undefined): void {
  // Without a parent nothing of this is of use.
  if (process.connected) process.send?.(message, undefined, undefined, done);
  else end();
}

/** Jobs that are not answered, and what the first of them has used since it is first. */
const open: number[] = [];
let since = { cpu: process.cpuUsage(), at: performance.now() };
let results: MappingResult[] = [];

function flush(done?: () => void): void {
  const full = results;
  results = [];
  if (full.length > 0) tell({ type: 'results', results: full }, done);
  else done?.();
}

function fail(fault: string): void {
  const id = open.shift();
  if (id !== undefined) results.push({ type: 'result', id, fault });
  flush(end);
}

function beginFirst(): void {
  since = { cpu: process.cpuUsage(), at: performance.now() };
}

function watch(): void {
  if (open.length === 0) return;
  const { user, system } = process.cpuUsage(since.cpu);
  if ((user + system) / 1000 > ENDED_AFTER_MS) fail(`it runs longer than ${LONGEST_MS / 1000} s`);
  else if (performance.now() - since.at > LONGEST_WAIT_MS) fail(`it waits longer than ${LONGEST_WAIT_MS / 1000} s`);
}

// Signals for the whole group, as of Ctrl+C, are for Node-RED, which still has messages; this ends after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', end);

const worker = new Worker(join(__dirname, `mapping-worker${extname(__filename)}`), {
  workerData: process.argv[2],
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16 },
});
worker.on('message', (message: FromMapping) => {
  if (message.type === 'ready') {
    tell(message);
    return;
  }
  if (message.type === 'question') {
    flush();
    tell(message);
    return;
  }
  open.shift();
  beginFirst();
  // Results that come together go together.
  if (results.length === 0) {
    setImmediate(() => {
      flush();
    });
  }
  results.push(message);
});
worker.on('error', (thrown: Error & { readonly code?: string }) => {
  const isMemory = thrown.code === 'ERR_WORKER_OUT_OF_MEMORY';
  fail(isMemory ? `it needs more memory than ${HEAP_MB} MB` : thrown.message);
});
process.on('message', (message: ToMapping) => {
  if (message.type === 'batch') {
    beginFirst();
    open.push(...message.jobs.map(({ id }) => id));
  }
  worker.postMessage(message);
});
setInterval(watch, SELF_CHECK_MS);
