import type { MeterModel } from '../../src/meters/meter-model';
import { PROVENANCES, type Provenance } from '../../src/metrics/measurement';

/** What the form says of a group of values. */
export interface GroupFacts {
  readonly name: string;
  readonly label: string;
  /** The least known place of its values. */
  readonly provenance: Provenance;
  /** Of the assemblies. */
  readonly instances: readonly number[];
}

function weakest(provenances: readonly Provenance[]): Provenance {
  return PROVENANCES.findLast((provenance) => provenances.includes(provenance)) ?? 'verified';
}

/** What the form says of the groups of a meter model. */
export function groupFactsOf({ groups, layout }: Pick<MeterModel, 'groups' | 'layout'>): readonly GroupFacts[] {
  return groups.map(({ name, label, assemblies }) => {
    const own = layout.assemblies.filter(({ instance }) => assemblies.includes(instance));
    const places = own.flatMap(({ measurements }) => measurements.map(({ provenance }) => provenance));
    return { name, label, provenance: weakest(places), instances: own.map(({ instance }) => instance) };
  });
}
