import type { MeterCondition } from '../acquisition/meter-poll';
import { isWaitingCode } from '../acquisition/waiting-codes';
import { NO_CONCERNS, type Concerns } from '../domain/normalizer/tally';
import type { ReadMeterFacts, NormalizerFacts } from './facts';
import { byName } from './order';
import type { MeterRow, MeterStandingKind } from './rows';

function standingOf({ condition }: ReadMeterFacts): MeterStandingKind {
  if (condition.kind === 'read') {
    if (condition.read === condition.count) return 'read';
    return condition.read > 0 ? 'part' : 'lost';
  }
  if (condition.kind !== 'lost') return condition.kind;
  return condition.code !== undefined && isWaitingCode(condition.code) ? 'waiting' : 'lost';
}

/** When it was read last, while it cannot be; 0 for never. */
const readBefore = (condition: MeterCondition): number => (condition.kind === 'lost' ? (condition.staleSince ?? 0) : 0);

/** Of a meter that several nodes read: what is known best. Where only some of them can read it, it is read in part. */
function standingOfAll(first: ReadMeterFacts, all: readonly ReadMeterFacts[]): MeterStandingKind {
  if (all.length === 1) return standingOf(first);
  const standings = all.map(standingOf);
  const has = (standing: MeterStandingKind): boolean => standings.includes(standing);
  const isCut = has('lost') || has('waiting');
  if (has('part') || (has('read') && isCut)) return 'part';
  const order: readonly MeterStandingKind[] = ['read', 'lost', 'waiting', 'connecting', 'idle'];
  return order.find(has) ?? 'idle';
}

/** What several nodes say of one meter, by name and address. */
export function groupMeters(facts: readonly ReadMeterFacts[]): ReadonlyMap<string, readonly ReadMeterFacts[]> {
  const groups = new Map<string, ReadMeterFacts[]>();
  for (const fact of facts) {
    const key = `${fact.name} @ ${fact.where}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fact]);
    else group.push(fact);
  }
  return groups;
}

/** What is counted of a meter by name, of the node that knows most values of it. */
function concernsByName(normalizers: readonly NormalizerFacts[]): ReadonlyMap<string, Concerns> {
  const byName = new Map<string, Concerns>();
  for (const { meters } of normalizers) {
    for (const { name, concerns } of meters) {
      if (concerns.count > (byName.get(name)?.count ?? -1)) byName.set(name, concerns);
    }
  }
  return byName;
}

/** A row for every meter that a node reads, in the order of their names. */
export function meterRows(meters: readonly ReadMeterFacts[], normalizers: readonly NormalizerFacts[]): MeterRow[] {
  const concerns = concernsByName(normalizers);
  const rows = [...groupMeters(meters)].flatMap(([key, all]): readonly MeterRow[] => {
    const [first] = all;
    if (first === undefined) return [];
    const { node, name, where } = first;
    const standing = standingOfAll(first, all);
    const { unconfirmed } = concerns.get(name) ?? NO_CONCERNS;
    const isUnconfirmed = unconfirmed > 0;
    const since = standing === 'read' ? 0 : Math.max(0, ...all.map(({ condition }) => readBefore(condition)));
    return [{ key, node, name, where, standing, since, isJudged: concerns.has(name), isUnconfirmed }];
  });
  return rows.sort(byName);
}
