import { choice, constant, described, list, object, TEXT } from '../../support/shape';
import { contract } from '../messages/contract';
import { EPOCH_MS, METER } from '../messages/parts';
import { meterForMessage, type MeterReference } from '../messages/reading';
import {
  COUNTER_EVENTS,
  COUNTER_QUESTION,
  COUNTER_RECORD,
  type CounterEvent,
  type CounterQuestion,
  type CounterRecord,
} from './records';

export const COUNTER_SCHEMA = 'pm500.counter-event/1';

/**
 * The message contract of what happens to the energy counters of a meter, second output of `pm500-normalize`: a person is
 * asked, has answered, has corrected an energy, or only the list was asked for.
 */
export const COUNTER_MESSAGE = contract(
  COUNTER_SCHEMA,
  {
    title: 'What happened to the energy counters of a meter, second output of pm500-normalize',
    advice: 'send the message of the second output of a pm500-normalize node.',
  },
  object({
    schema: constant(COUNTER_SCHEMA),
    meter: METER,
    timestamp: described(EPOCH_MS, 'when it happened, or when the list was asked for, epoch milliseconds UTC'),
    event: choice([...COUNTER_EVENTS, 'list']),
    message: described(TEXT, 'one sentence for people: what happened, and what to do'),
    records: described(
      list(COUNTER_RECORD),
      "what the event is about, one entry for each counter; a list has the last ones of the meter's book",
    ),
    questions: described(list(COUNTER_QUESTION), 'what a person is asked about, after the event'),
  }),
);
export type CounterMessage = ReturnType<typeof COUNTER_MESSAGE.parse>;

const WH_PER_KWH = 1000;

function kilo(value: number | undefined): string {
  return `${((value ?? 0) / WH_PER_KWH).toFixed(3)} k`;
}

function unitOf(counter: string): string {
  return counter.startsWith('reactive') ? 'varh' : 'Wh';
}

function moveOf({ counter, before, after }: CounterRecord): string {
  const unit = unitOf(counter);
  return `${counter} from ${kilo(before)}${unit} to ${kilo(after)}${unit}`;
}

const SENTENCES: Readonly<Record<CounterEvent, (meter: string, records: readonly CounterRecord[]) => string>> = {
  asked: (meter, records) =>
    `Meter "${meter}" went ${records.map(moveOf).join(', ')}, which no load explains; nothing is counted until you send {"counters": {"answer": "replaced"}} for another meter, "reset" for a counter that was set, or "true" where the energy did flow, or enter the right rated power.`,
  withdrawn: (meter, records) =>
    `Meter "${meter}" is back where it was: ${records.map(({ counter }) => counter).join(', ')}; the question is withdrawn, and nothing was counted twice.`,
  adopted: (meter, records) =>
    `Meter "${meter}" went ${records.map(moveOf).join(', ')}; it counts on from there, and the gap is marked.`,
  answered: (meter, records) =>
    `Meter "${meter}": ${records.map(({ counter, answer = '' }) => `${counter} is ${answer}`).join(', ')}; the next energy delta has what waited.`,
  corrected: (meter, records) =>
    `Meter "${meter}": ${records.map(({ counter, by }) => `${kilo(by)}${unitOf(counter)} were added to ${counter}`).join(', ')}, by a person.`,
};

/** One message for each kind of event among what happened. */
export function counterMessages(
  meter: MeterReference,
  records: readonly CounterRecord[],
  questions: readonly CounterQuestion[],
): readonly CounterMessage[] {
  const events = [...new Set(records.map(({ event }) => event))];
  return events.map((event) => {
    const own = records.filter((record) => record.event === event);
    const timestamp = Math.max(...own.map((record) => record.timestamp));
    const message = SENTENCES[event](meter.name, own);
    // Copies: the book and the questions are part of the state, and a message belongs to the flow.
    const told = structuredClone({ records: own, questions });
    return { schema: COUNTER_SCHEMA, meter: meterForMessage(meter), timestamp, event, message, ...told };
  });
}

/** What is known of the counters of a meter: open questions, and the last entries of its book. */
export function counterList(
  meter: MeterReference,
  book: readonly CounterRecord[],
  questions: readonly CounterQuestion[],
  timestamp: number,
): CounterMessage {
  const message = `Meter "${meter.name}": ${questions.length === 0 ? 'no question is open' : `asked about ${questions.map(({ counter }) => counter).join(', ')}`}.`;
  const told = structuredClone({ records: book, questions });
  return { schema: COUNTER_SCHEMA, meter: meterForMessage(meter), timestamp, event: 'list', message, ...told };
}
