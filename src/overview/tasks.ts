import type { Sentence } from '../support/sentence';
import type { ReadMeterFacts, NormalizerFacts, OverviewFacts, SinkFacts } from './facts';
import { byUrgency } from './order';
import type { MeterRow, TaskKind, TaskRow } from './rows';

/** Names that are told of many. */
const MOST_NAMES = 5;
/** What the other side does not take for so long is no hiccup, milliseconds. */
const AWAY_AFTER_MS = 10_000;
/** An outbox that is full before a person comes back is urgent. */
const FULL_SOON_HOURS = 24;

const told = (sentence: Sentence | undefined): Pick<TaskRow, 'sentence'> =>
  sentence === undefined ? {} : { sentence };

function namesOf(names: readonly string[]): string {
  const told = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${told} …` : told;
}

function task(node: string, kind: TaskKind, about: Partial<TaskRow> = {}): TaskRow {
  return { key: `${kind} ${node}`, node, kind, count: 1, names: '', ...about };
}

/** Meters of one node that cannot be read for the same reason are one thing to look into. */
function tasksOfMeters(rows: readonly MeterRow[], meters: readonly ReadMeterFacts[]): readonly TaskRow[] {
  const byNode = new Map(meters.map((fact) => [`${fact.name} @ ${fact.where} ${fact.node}`, fact]));
  const groups = new Map<string, { kind: TaskKind; node: string; names: string[]; sentence: Sentence | undefined }>();
  for (const { key, node, name, standing } of rows) {
    if (standing !== 'lost' && standing !== 'waiting') continue;
    const condition = byNode.get(`${key} ${node}`)?.condition;
    const { code = '', sentence } = condition?.kind === 'lost' ? condition : {};
    const group = groups.get(`${standing} ${node} ${code}`);
    if (group === undefined) {
      groups.set(`${standing} ${node} ${code}`, { kind: standing, node, names: [name], sentence });
    } else group.names.push(name);
  }
  return [...groups].map(([key, { kind, node, names, sentence }]) =>
    task(node, kind, { key, count: names.length, names: namesOf(names), ...told(sentence) }),
  );
}

/** A layout is confirmed where the meter is set up: the node that reads it. */
function unconfirmed(rows: readonly MeterRow[]): readonly TaskRow[] {
  const byNode = new Map<string, string[]>();
  for (const { node, name, isUnconfirmed } of rows) {
    if (!isUnconfirmed) continue;
    const names = byNode.get(node);
    if (names === undefined) byNode.set(node, [name]);
    else names.push(name);
  }
  return [...byNode].map(([node, names]) => task(node, 'unconfirmed', { count: names.length, names: namesOf(names) }));
}

function tasksOfNormalizer({ node, meters, problems }: NormalizerFacts): readonly TaskRow[] {
  const whose = (kind: TaskKind, names: readonly string[], count = names.length): readonly TaskRow[] =>
    names.length === 0 ? [] : [task(node, kind, { count, names: namesOf(names) })];
  const namesWhere = (holds: (meter: NormalizerFacts['meters'][number]) => boolean): readonly string[] =>
    meters.filter(holds).map(({ name }) => name);
  const asked = meters.reduce((sum, { openQuestions }) => sum + openQuestions, 0);
  return [
    ...whose(
      'questions',
      namesWhere(({ openQuestions }) => openQuestions > 0),
      asked,
    ),
    ...whose(
      'contradicted',
      namesWhere(({ concerns }) => concerns.contradicted > 0),
    ),
    ...whose(
      'silent',
      namesWhere(({ silence }) => silence === 'all'),
    ),
    ...whose(
      'unjudged',
      namesWhere(({ unjudged }) => unjudged > 0),
    ),
    ...problems.map((sentence, place) => task(node, 'leftOut', { key: `leftOut ${node} ${place}`, sentence })),
  ];
}

function tasksOfSink({ node, name, stats, health }: SinkFacts): readonly TaskRow[] {
  const { state, waiting, problem, lastError, refused, written, capacity } = stats;
  if (state === 'closed') return [];
  const about = { count: waiting.records, names: name };
  const why = told(lastError?.sentence);
  const tasks: TaskRow[] = [];
  const isAway = waiting.records === 0 || waiting.oldestAgeMs >= AWAY_AFTER_MS;
  if (problem !== undefined) tasks.push(task(node, 'unstored', { ...about, sentence: problem.sentence }));
  else if (state === 'held') tasks.push(task(node, 'held', { ...about, ...why }));
  else if (state === 'retrying' && isAway) tasks.push(task(node, 'away', { ...about, ...why }));
  // What was found out at the start says nothing of what came afterward.
  else if (health?.healthy === false && written === 0) {
    const { sentence } = health.error;
    tasks.push(task(node, health.problem === 'refused' ? 'held' : 'away', { ...about, sentence }));
  }
  const fullIn = capacity?.fullInHours;
  if (waiting.records > 0 && fullIn !== undefined && fullIn < FULL_SOON_HOURS) {
    tasks.push(task(node, 'fullSoon', { ...about, count: Math.max(1, Math.floor(fullIn)) }));
  }
  if (refused > 0) tasks.push(task(node, 'refused', { ...about, count: refused }));
  return tasks;
}

/** What needs a person, the most urgent first. */
export function taskRows(
  { meters, normalizers, sinks, troubles }: OverviewFacts,
  rows: readonly MeterRow[],
): TaskRow[] {
  const tasks = [
    ...troubles.map(({ node, kind, name, sentence }, place) =>
      task(node, kind, { key: `${kind} ${node} ${place}`, names: name, sentence }),
    ),
    ...tasksOfMeters(rows, meters),
    ...normalizers.flatMap(tasksOfNormalizer),
    ...sinks.flatMap(tasksOfSink),
    ...unconfirmed(rows),
  ];
  return tasks.sort(byUrgency);
}
