import type { EnergyCandidate, MeterModel } from '../../meters/meter-model';
import type { Layout } from '../../metrics/measurement';
import { compileLayout, type CompiledLayout } from './layout';
import { oncePer } from '../../support/once-per';

/** A layout whose energy counters are those of a candidate; its name says so. */
export function withEnergy(layout: Layout, { name, assembly }: EnergyCandidate): Layout {
  const others = layout.assemblies.filter(({ instance }) => instance !== assembly.instance);
  return {
    ...layout,
    name: `${layout.name}, energy counters: ${name}`,
    assemblies: [...others, assembly].sort((left, right) => left.instance - right.instance),
  };
}

/** What was compiled, by model and name: the same object for everybody. */
const compiledOf = oncePer((_model: MeterModel) => new Map<string, CompiledLayout>());

/**
 * A layout that comes with this software, by the name that readings give: the working layout, or that with the energy
 * counters as one of the candidates has them. Undefined for a site's own file.
 */
export function builtInLayout(model: MeterModel, name: string): CompiledLayout | undefined {
  const all = compiledOf(model);
  const known = all.get(name);
  if (known !== undefined) return known;
  const layouts = [model.layout, ...model.energy.candidates.map((candidate) => withEnergy(model.layout, candidate))];
  const layout = layouts.find((each) => each.name === name);
  if (layout === undefined) return undefined;
  const result = compileLayout(model, layout);
  all.set(name, result);
  return result;
}

/** The layout of a model that is used unless a site supplies its own, compiled once. */
export function workingLayout(model: MeterModel): CompiledLayout {
  return builtInLayout(model, model.layout.name) ?? compileLayout(model, model.layout);
}
