import { Pm500Error } from '../../support/errors';
import { describeValue } from '../../support/expect';
import type { CounterMessage } from '../counters/counter-message';
import type { NormalizeCommand } from './command';
import type { Normalizer } from './normalizer';

type Chosen = readonly (readonly [name: string, entry: { readonly normalizer: Normalizer }])[];
type CounterChange = Extract<NormalizeCommand, { readonly kind: 'answerCounters' | 'correctCounter' }>;

/** @throws Pm500Error MESSAGE_INVALID when it changes nothing, so that nobody believes it did */
export function changeCounters(command: CounterChange, nowMs: number, chosen: Chosen): readonly CounterMessage[] {
  if (command.kind === 'answerCounters') {
    const { answer, counter } = command;
    const events = chosen.flatMap(([, { normalizer }]) => normalizer.answerCounters(answer, nowMs, counter));
    if (events.length > 0) return events;
    throw new Pm500Error(
      'MESSAGE_INVALID',
      'Nothing is asked about such a counter; send {"counters": "list"} to see the open questions.',
    );
  }
  const [first, other] = chosen;
  if (first === undefined || other !== undefined) {
    throw new Pm500Error(
      'MESSAGE_INVALID',
      'payload.meter is missing, and this node has several meters; name the one whose energy you correct.',
    );
  }
  const [name, { normalizer }] = first;
  const { counter, by, at = nowMs, note } = command;
  const events = normalizer.correctCounter(counter, by, at, nowMs, note);
  if (events.length > 0) return events;
  throw new Pm500Error(
    'MESSAGE_INVALID',
    `payload.counters.at: no period of meter ${describeValue(name)} that is kept holds ${new Date(at).toISOString()}, or less than nothing would be left of its ${counter}; periods are kept while they run and until the next one ends.`,
  );
}
