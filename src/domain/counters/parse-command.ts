import { Expect, isRecord } from '../../support/expect';
import { ENERGY_COUNTERS } from '../../metrics/derived-metrics';
import { TOTAL_COUNTERS } from './energy-deltas';
import { COUNTER_ANSWERS, type CounterAnswer } from './track';

/** What a message can ask of the counters of a meter. */
export type CounterCommand =
  | { readonly kind: 'listCounters' }
  | { readonly kind: 'answerCounters'; readonly answer: CounterAnswer; readonly counter?: string }
  | {
      readonly kind: 'correctCounter';
      readonly counter: string;
      /** Wh or varh to add; with a minus to take away. */
      readonly by: number;
      /** The time whose day, month and year it changes, epoch milliseconds UTC; absent for now. */
      readonly at?: number;
      readonly note?: string;
    };

const expect = new Expect('MESSAGE_INVALID', 'the help of pm500-normalize lists the commands.');
const COUNTERS = ENERGY_COUNTERS.map(({ name }) => name);
/** Nobody writes more beside a number. */
const LONGEST_NOTE = 500;
/** More than a counter holds. */
const MOST_WH = 1e13;

function timeOf(path: string, value: unknown): number {
  if (typeof value !== 'string') return expect.finite(path, value);
  const time = Date.parse(value);
  return Number.isFinite(time)
    ? time
    : expect.fail(path, value, 'a time as 2026-03-01T12:00:00Z, or epoch milliseconds');
}

/**
 * Reads `"list"`, `{answer, counter?}` or `{correct, by, at?, note?}`.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseCounterCommand(value: unknown): CounterCommand {
  const path = 'payload.counters';
  if (value === 'list') return { kind: 'listCounters' };
  const ask = isRecord(value)
    ? value
    : expect.fail(path, value, '"list", {"answer": ...} or {"correct": counter, "by": Wh}');
  const allowed = ask['correct'] === undefined ? ['answer', 'counter'] : ['correct', 'by', 'at', 'note'];
  const unknown = Object.keys(ask).find((key) => !allowed.includes(key));
  if (unknown !== undefined) expect.fail(`${path}.${unknown}`, ask[unknown], `nothing but ${allowed.join(', ')}`);
  if (ask['correct'] === undefined) {
    const answer = expect.choice(`${path}.answer`, ask['answer'], COUNTER_ANSWERS);
    const { counter } = ask;
    return counter === undefined
      ? { kind: 'answerCounters', answer }
      : { kind: 'answerCounters', answer, counter: expect.choice(`${path}.counter`, counter, COUNTERS) };
  }
  const by = expect.finite(`${path}.by`, ask['by']);
  if (!Number.isInteger(by) || by === 0 || Math.abs(by) > MOST_WH) {
    expect.fail(`${path}.by`, by, 'a whole number of Wh or varh to add, with a minus to take away');
  }
  const note =
    ask['note'] === undefined ? {} : { note: expect.text(`${path}.note`, ask['note']).slice(0, LONGEST_NOTE) };
  return {
    kind: 'correctCounter',
    counter: expect.choice(`${path}.correct`, ask['correct'], TOTAL_COUNTERS),
    by,
    ...(ask['at'] === undefined ? {} : { at: timeOf(`${path}.at`, ask['at']) }),
    ...note,
  };
}
