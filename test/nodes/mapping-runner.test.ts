import assert from 'node:assert/strict';
import type { MappingChildListener, StartMappingChild } from '../../nodes/pm500-normalize/mapping/mapping-child';
import type { FromMappingProcess, MappingBatch, ToMapping } from '../../nodes/pm500-normalize/mapping/mapping-protocol';
import { MappingQueue } from '../../nodes/pm500-normalize/mapping/mapping-queue';
import { MappingRunner } from '../../nodes/pm500-normalize/mapping/mapping-runner';
import { packValue, unpackValue } from '../../nodes/pm500-normalize/mapping/plain-values';
import type { Pm500Error } from '../../src/support/errors';
import { FakeClock, settle } from '../../testkit/fake-clock';

/** A process of mappings that does what a test says. */
class ScriptedProcess {
  readonly got: ToMapping[] = [];
  hasBeenEnded = false;

  constructor(private readonly listener: MappingChildListener) {}

  say(message: FromMappingProcess): void {
    this.listener.onMessage(message);
  }

  /** Answers jobs of the last batch, the first ones, each with its own message. */
  answer(count: number): void {
    const jobs = this.batch.jobs.slice(0, count);
    this.say({ type: 'results', results: jobs.map(({ id, message }) => ({ type: 'result', id, value: message })) });
  }

  get batch(): MappingBatch {
    return this.got.findLast((message): message is MappingBatch => message.type === 'batch')!;
  }

  /** What the last batch asks for. */
  get asked(): readonly unknown[] {
    return this.batch.jobs.map(({ message }) => unpackValue(message));
  }

  end(reason = 'it was ended by SIGKILL'): void {
    this.listener.onEnd(reason);
  }
}

describe('the process of JSONata mappings, as Node-RED sees it', () => {
  const clock = new FakeClock();
  let processes: ScriptedProcess[] = [];
  let runner: MappingRunner;
  let ids = 0;

  const start: StartMappingChild = (_library, listener) => {
    const process = new ScriptedProcess(listener);
    processes.push(process);
    return {
      send: (message) => process.got.push(message),
      end: () => {
        process.hasBeenEnded = true;
        process.end();
      },
    };
  };
  const last = (): ScriptedProcess => processes.at(-1)!;

  beforeEach(() => {
    processes = [];
    runner = new MappingRunner({ library: 'jsonata', start, clock, random: () => 0 });
  });

  function createQueue(name: string, answer: MappingQueue['answer'] = () => Promise.resolve(undefined)): MappingQueue {
    const queue = new MappingQueue(name, `The mapping ${name}`, answer);
    runner.add(queue);
    return queue;
  }

  /** Hands messages in; the list that is returned fills with what comes of them, in that order. */
  function handIn(queue: MappingQueue, messages: readonly unknown[]): unknown[] {
    const seen: unknown[] = [];
    for (const message of messages) {
      ids++;
      queue.push({
        job: { id: ids, message: packValue(message) },
        since: clock.monotonic(),
        endings: 0,
        resolve: (value) => seen.push(value === undefined ? undefined : unpackValue(value)),
        reject: ({ code }: Pm500Error) => seen.push(`${code} for ${String(message)}`),
      });
      runner.pump();
    }
    return seen;
  }

  it('starts with the first message, not with the first mapping, and ends with the last mapping', () => {
    const [one, two] = [createQueue('one'), createQueue('two')];
    assert.equal(processes.length, 0);
    handIn(one, [1]);
    assert.equal(processes.length, 1);
    runner.remove(one);
    assert.equal(last().hasBeenEnded, false);
    runner.remove(two);
    assert.equal(last().hasBeenEnded, true);
  });

  it('gets nothing before it is ready, and then one batch at a time', () => {
    const seen = handIn(createQueue('one'), [1, 2, 3]);
    assert.deepEqual(last().got, []);
    last().say({ type: 'ready' });
    assert.deepEqual(last().asked, [1, 2, 3]);
    last().answer(3);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('mappings take turns, however many messages one of them has', () => {
    const busy = createQueue('busy');
    const seen = handIn(
      busy,
      Array.from({ length: 200 }, (_one, place) => place),
    );
    const other = handIn(createQueue('other'), ['a', 'b']);
    last().say({ type: 'ready' });
    assert.equal(last().asked.length, 64);
    last().answer(64);
    assert.deepEqual(last().asked, ['a', 'b']);
    last().answer(2);
    assert.deepEqual(other, ['a', 'b']);
    assert.deepEqual(last().asked.at(-1), 127);
    last().answer(64);
    last().answer(64);
    last().answer(8);
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_one, place) => place),
    );
  });

  it('what was not answered when it ends is given to the next one, in order and once', () => {
    const seen = handIn(createQueue('one'), [1, 2, 3, 4]);
    last().say({ type: 'ready' });
    last().answer(1);
    last().end();
    assert.equal(processes.length, 2);
    last().say({ type: 'ready' });
    assert.deepEqual(last().asked, [2, 3, 4]);
    last().answer(3);
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  it('a message that ends two processes without a word is failed; those behind it pass', () => {
    const seen = handIn(createQueue('one'), [1, 2, 3]);
    for (let turn = 0; turn < 2; turn++) {
      last().say({ type: 'ready' });
      last().end();
    }
    last().say({ type: 'ready' });
    assert.deepEqual(last().asked, [2, 3]);
    last().answer(2);
    assert.deepEqual(seen, ['CONFIG_INVALID for 1', 2, 3]);
  });

  it('one that cannot be started is tried again later and later; messages wait half a minute, then are told', async () => {
    const queue = createQueue('one');
    const seen = handIn(queue, [1]);
    last().end('it was forbidden');
    assert.equal(processes.length, 1);
    await clock.advance(249);
    assert.equal(processes.length, 1);
    await clock.advance(1);
    assert.equal(processes.length, 2);
    last().end('it was forbidden');
    await clock.advance(500);
    assert.equal(processes.length, 3);
    assert.deepEqual(seen, []);
    await clock.advance(30_000);
    last().end('it was forbidden');
    assert.deepEqual(seen, ['MAPPING_UNAVAILABLE for 1']);
    const later = handIn(queue, [2]);
    await clock.advance(1000);
    last().say({ type: 'ready' });
    last().answer(1);
    assert.deepEqual(later, [2]);
  });

  it('one that says nothing at all is ended', async () => {
    const seen = handIn(createQueue('one'), [1]);
    last().say({ type: 'ready' });
    await clock.advance(60_000);
    assert.equal(processes[0]?.hasBeenEnded, true);
    last().say({ type: 'ready' });
    last().answer(1);
    assert.deepEqual(seen, [1]);
  });

  it('a question that Node-RED does not answer is answered by a fault', async () => {
    const never = new Promise(() => undefined);
    handIn(
      createQueue('one', () => never),
      [1],
    );
    last().say({ type: 'ready' });
    last().say({ type: 'question', id: 7, source: 'flowContext', args: ['x'] });
    await clock.advance(10_000);
    assert.deepEqual(last().got.at(-1), { type: 'answer', id: 7, fault: '$flowContext gave no value in 10 s' });
  });

  it('more messages than anybody can wait for are refused, and a message that is too large', () => {
    const queue = createQueue('one');
    handIn(
      queue,
      Array.from({ length: 10_000 }, () => 1),
    );
    assert.throws(() => handIn(queue, [1]), { code: 'MAPPING_UNAVAILABLE' });
    assert.throws(() => handIn(createQueue('two'), ['x'.repeat(16_000_001)]), { code: 'MESSAGE_INVALID' });
  });

  it('a mapping that leaves tells its messages, and what the process still says of them is passed over', async () => {
    const [one, two] = [createQueue('one'), createQueue('two')];
    const seen = handIn(one, [1, 2]);
    last().say({ type: 'ready' });
    runner.remove(one);
    assert.deepEqual(seen, ['ABORTED for 1', 'ABORTED for 2']);
    const other = handIn(two, ['a']);
    last().answer(2);
    last().answer(1);
    assert.deepEqual(other, ['a']);
    await settle();
    assert.equal(processes.length, 1);
  });
});
