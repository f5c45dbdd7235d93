import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { GROUPS } from '../../src/meters/pm500/groups';
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

export const GROUP_FACTS: readonly GroupFacts[] = GROUPS.map(({ name, label, assemblies }) => {
  const own = ASSEMBLIES.filter(({ instance }) => assemblies.includes(instance));
  const places = own.flatMap(({ measurements }) => measurements.map(({ provenance }) => provenance));
  return { name, label, provenance: weakest(places), instances: own.map(({ instance }) => instance) };
});
