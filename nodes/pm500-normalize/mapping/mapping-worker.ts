/**
 * The thread of the process of JSONata mappings that evaluates; nothing waits for it but that process. Its data is the path
 * of the module of this Node-RED that prepares JSONata as all its nodes do.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { NodeAPI, NodeMessage } from 'node-red';
import { Evaluation } from './mapping-evaluation';
import {
  MOST_BYTES,
  type FromMapping,
  type MappingAnswer,
  type MappingBatch,
  type ToMapping,
} from './mapping-protocol';
import { packValue, unpackValue } from './plain-values';

const port = parentPort;
if (port === null) throw new Error('This file is for a thread.');
const say = (message: FromMapping): void => {
  port.postMessage(message);
};

const questions = new Map<number, (answer: MappingAnswer) => void>();
let asked = 0;

function ask(source: 'flowContext' | 'globalContext' | 'env', args: readonly unknown[]): Promise<unknown> {
  asked++;
  const id = asked;
  return new Promise((resolve, reject) => {
    questions.set(id, ({ value, fault }) => {
      questions.delete(id);
      if (fault !== undefined) reject(new Error(fault));
      else resolve(value === undefined ? undefined : unpackValue(value));
    });
    // Arguments come from an expression: text and nothing else leaves it.
    say({ type: 'question', id, source, args: args.map((one) => (typeof one === 'string' ? one : undefined)) });
  });
}

/** What was thrown, as the end of a sentence. */
function reason(thrown: unknown): string {
  // JSONata throws plain objects.
  const { message = String(thrown) } = thrown as { readonly message?: string };
  return message.slice(0, 1000);
}

const library = String(workerData);
const evaluation = new Evaluation(createRequire(library)(library) as NodeAPI['util'], ask);

async function runBatch({ text, jobs }: MappingBatch): Promise<void> {
  for (const { id, message } of jobs) {
    try {
      const result = await evaluation.run(text, unpackValue(message) as NodeMessage);
      const value = result === undefined ? undefined : packValue(result);
      if (value !== undefined && value.length > MOST_BYTES)
        throw new Error(`its result has more than ${MOST_BYTES} bytes`);
      say({ type: 'result', id, ...(value !== undefined && { value }) });
    } catch (thrown) {
      say({ type: 'result', id, fault: reason(thrown) });
    }
  }
}

port.on('message', (message: ToMapping) => {
  if (message.type === 'answer') questions.get(message.id)?.(message);
  else void runBatch(message);
});
say({ type: 'ready' });
