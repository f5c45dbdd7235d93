import { wiringRow } from '../quality/wiring';
import type { MeterModel, WiringMode } from '../../meters/meter-model';
import { maximumRelations } from './maximum-relations';
import { PHASE_SEQUENCE_RELATION, powerRelations } from './power-relations';
import { judge, type Numbers, type Relation, type RelationState } from './relation';
import { TOLERANCES, type Tolerance } from './tolerances';
import { neutralRelations, voltageCurrentRelations } from './voltage-current-relations';

export interface JudgedRelation {
  readonly relation: Relation;
  readonly state: RelationState;
}

/** The relations that hold in one wiring, and what moments say of them. */
export class RelationSet {
  readonly relations: readonly Relation[];
  private readonly byMetric = new Map<string, Relation[]>();
  private readonly swaps = new Map<string, boolean>();
  private readonly judged = new Map<Relation, RelationState>();

  constructor(
    model: MeterModel,
    mode: WiringMode,
    readonly moments: readonly Numbers[],
  ) {
    const { exists, assumesBalance } = wiringRow(model, mode);
    const has = (name: string): boolean => exists.has(name);
    const family = (prefix: string, within: Tolerance, across: Tolerance): readonly Relation[] => [
      ...voltageCurrentRelations(prefix, has, within),
      ...powerRelations(prefix, has, assumesBalance, within, across),
    ];
    this.relations = [
      ...family('', TOLERANCES.within, TOLERANCES.across),
      ...neutralRelations('', has),
      PHASE_SEQUENCE_RELATION,
      ...family('demand_', TOLERANCES.demandWithin, TOLERANCES.demandAcross),
      ...neutralRelations('demand_', has),
      ...maximumRelations(has),
    ];
    for (const relation of this.relations) {
      for (const name of relation.metrics) {
        const list = this.byMetric.get(name);
        if (list === undefined) this.byMetric.set(name, [relation]);
        else list.push(relation);
      }
    }
  }

  /** Relations that a metric takes part in. */
  of(metric: string): readonly Relation[] {
    return this.byMetric.get(metric) ?? [];
  }

  stateOf(relation: Relation): RelationState {
    let state = this.judged.get(relation);
    if (state === undefined) {
      state = judge(relation, this.moments);
      this.judged.set(relation, state);
    }
    return state;
  }

  get broken(): readonly JudgedRelation[] {
    return this.relations
      .map((relation) => ({ relation, state: this.stateOf(relation) }))
      .filter(({ state }) => state.state === 'broken');
  }

  /**
   * Whether something would be broken if two values had stood at each other's place. The moments are the same
   * afterward.
   */
  breaksBySwap(first: string, second: string): boolean {
    const key = first < second ? `${first} ${second}` : `${second} ${first}`;
    let breaks = this.swaps.get(key);
    if (breaks === undefined) {
      this.exchange(first, second);
      breaks = [...new Set([...this.of(first), ...this.of(second)])].some(
        (relation) => judge(relation, this.moments).state === 'broken',
      );
      this.exchange(first, second);
      this.swaps.set(key, breaks);
    }
    return breaks;
  }

  private exchange(first: string, second: string): void {
    for (const values of this.moments) {
      const [one, two] = [values[first], values[second]];
      if (one === undefined || two === undefined) continue;
      values[first] = two;
      values[second] = one;
    }
  }
}
