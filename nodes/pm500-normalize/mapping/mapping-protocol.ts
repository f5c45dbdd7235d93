/**
 * What Node-RED's process and the one that runs JSONata mappings say to each other, by Node's own channel between parent
 * and child (structured clone). Contents are `v8.serialize` of plain values, so that only the ends look into them.
 */

/** A mapping ends with an error when it computes longer. Computing time, so that a busy computer fails no honest mapping. */
export const LONGEST_MS = 1000;
/** What a function of JSONata that never looks at the time has computed by then is ended from outside. */
export const ENDED_AFTER_MS = 1500;
/** By the clock on the wall, with all that a mapping waits for. */
export const LONGEST_WAIT_MS = 30_000;
/** Heap of the thread that evaluates; a process needs about 40 MB beside it. */
export const HEAP_MB = 128;
/** Larger messages, results and values of the context do not pass. */
export const MOST_BYTES = 16_000_000;

/** One message for one mapping. */
export interface MappingJob {
  readonly id: number;
  readonly message: Uint8Array;
}

/** Messages for one mapping, worked off in their order. */
export interface MappingBatch {
  readonly type: 'batch';
  readonly text: string;
  readonly jobs: readonly MappingJob[];
}

/** What only Node-RED's process knows: context stores, environment variables. */
export type VariableSource = 'flowContext' | 'globalContext' | 'env';

export interface MappingQuestion {
  readonly type: 'question';
  readonly id: number;
  readonly source: VariableSource;
  readonly args: readonly unknown[];
}

export interface MappingAnswer {
  readonly type: 'answer';
  readonly id: number;
  readonly value?: Uint8Array;
  readonly fault?: string;
}

/** Neither value nor fault: the mapping gave nothing. */
export interface MappingResult {
  readonly type: 'result';
  readonly id: number;
  readonly value?: Uint8Array;
  readonly fault?: string;
}

/** JSONata is loaded; before this nothing is sent. */
export interface MappingReady {
  readonly type: 'ready';
}

export interface MappingResults {
  readonly type: 'results';
  readonly results: readonly MappingResult[];
}

/** What the thread says to its process, and this to its parent. */
export type FromMapping = MappingReady | MappingQuestion | MappingResult;
export type ToMapping = MappingBatch | MappingAnswer;
export type FromMappingProcess = MappingReady | MappingQuestion | MappingResults;
