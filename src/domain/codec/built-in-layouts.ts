import { WORKING_LAYOUT } from '../../meters/pm500/assemblies';
import { ENERGY_CANDIDATES, withEnergy } from '../../meters/pm500/energy-candidates';
import { compileLayout, type CompiledLayout } from './layout';

const compiled = new Map<string, CompiledLayout>();

/**
 * A layout that comes with this software, by the name that readings give: the working layout, or that with the energy
 * counters as one of the candidates has them. Undefined for a site's own file.
 */
export function builtInLayout(name: string): CompiledLayout | undefined {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const layouts = [WORKING_LAYOUT, ...ENERGY_CANDIDATES.map((candidate) => withEnergy(WORKING_LAYOUT, candidate))];
  const layout = layouts.find((each) => each.name === name);
  if (layout === undefined) return undefined;
  const result = compileLayout(layout);
  compiled.set(name, result);
  return result;
}
