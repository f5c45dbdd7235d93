import type { AssemblyVerdict, EnergyLayoutVerdict, LayoutVerdict, ScaleVerdict } from '../domain/layout-check/verdict';

const INDENT = '    ';

function formatAssembly({ assembly, title, verdict, elements }: AssemblyVerdict): string {
  const lines = elements.map(({ element, metric, verdict: word, evidence }) => {
    const heading = `  ${String(element).padStart(2)}  ${word.padEnd(12)}  ${metric}\n`;
    return heading + evidence.map((sentence) => `${INDENT}${INDENT}${sentence}\n`).join('');
  });
  return `\nAssembly ${assembly}, ${title}: ${verdict}\n${lines.join('')}`;
}

function formatScale({ assembly, member, verdict, layoutValue, suggestion, evidence }: ScaleVerdict): string {
  const advice = suggestion === undefined ? '' : ` Layout file: "${member}": ${suggestion} instead of ${layoutValue}.`;
  return `  ${assembly} ${member.padEnd(9)}  ${verdict.padEnd(12)}  ${evidence}${advice}\n`;
}

/** Which named layout of assembly 107 fits, and how to apply it. */
function formatEnergyLayout({ inUse, named, evidence }: EnergyLayoutVerdict): string {
  const use = inUse ?? 'a layout of its own';
  const apply =
    named === undefined || named === inUse
      ? ''
      : `  To apply it choose "${named}" under Energy counters in pm500-meter; to check with it add --energy-layout ${named}.\n`;
  return `\nEnergy counters in assembly 107: ${named ?? 'undecided'}\n  In use: ${use}. ${evidence}\n${apply}`;
}

/** Why the other named layouts do not fit. */
function formatCandidates({ candidates }: EnergyLayoutVerdict): string {
  return candidates
    .map(({ name, verdict, evidence }) => `  ${verdict.padEnd(12)}  ${name}\n${INDENT}${INDENT}${evidence}\n`)
    .join('');
}

const COMPARE = 'Compare a voltage, a current, the power and an energy counter with the display of the meter';

/** What the outcome says in a sentence, and what to do about it. */
const SAYS: Readonly<Record<LayoutVerdict['verdict'], string>> = {
  confirmed: `All that values can tell fits. ${COMPARE}, then tick "Layout confirmed" in pm500-meter.`,
  undecided: `Nothing contradicts the layout, and values alone do not prove all of it. ${COMPARE}; when they agree, tick "Layout confirmed" in pm500-meter. Longer, while the load changes, proves more: --seconds 300.`,
  contradicted: `Something stands in another place or scale than the layout says. Do what stands above, or describe the layout of this meter in a file (docs/layout-file.md), and check again with --layout FILE. Until then do not confirm it.`,
};

/** What to do first where values are those of another wiring than the one that was given: most else may follow from it. */
function otherWiring({ configured, candidates }: LayoutVerdict['wiring']): string | undefined {
  if (configured === undefined || candidates.length === 0 || candidates.includes(configured)) return undefined;
  return `The values look like ${candidates.join(' or ')}, and ${configured} was given. Compare it with the meter, correct the wiring in pm500-meter (here: --wiring), and check again: what else is contradicted may follow from it.`;
}

/** What is contradicted of an assembly; nothing where nothing is. */
function contradictionsOf(assembly: AssemblyVerdict): readonly AssemblyVerdict[] {
  const elements = assembly.elements.filter(({ verdict }) => verdict === 'contradicted');
  return elements.length === 0 ? [] : [{ ...assembly, elements }];
}

/**
 * The outcome of a layout check for people, the summary last, where the eye is.
 * @param isWhole every element with its evidence, where else only contradictions stand
 */
export function formatVerdict(outcome: LayoutVerdict, isWhole: boolean): string {
  const { meter, layout, readings, from, to, wiring, assemblies, energyLayout, rating, limits, verdict } = outcome;
  const seconds = Math.round((to - from) / 1000);
  const scales = outcome.scales.filter((scale) => isWhole || scale.verdict === 'contradicted');
  const counts = assemblies.map(({ assembly, elements }) => {
    const count = (word: string): number => elements.filter((element) => element.verdict === word).length;
    return `  ${assembly}  ${count('confirmed')} confirmed, ${count('undecided')} undecided, ${count('contradicted')} contradicted\n`;
  });
  return [
    `${meter.host}: ${readings} readings in ${seconds} s; layout: ${layout}\n`,
    ...assemblies.flatMap((each) => (isWhole ? [each] : contradictionsOf(each))).map(formatAssembly),
    `\nWiring: ${wiring.verdict}. ${wiring.evidence}\n`,
    rating === undefined ? '' : `Voltages: ${rating.evidence}\n`,
    scales.length === 0 ? '' : '\nScales\n',
    ...scales.map(formatScale),
    energyLayout === undefined ? '' : formatEnergyLayout(energyLayout),
    energyLayout === undefined || !isWhole ? '' : formatCandidates(energyLayout),
    '\nWhat no values can tell\n',
    ...limits.map((limit) => `  ${limit}\n`),
    `\nVerdict: ${verdict}\n`,
    ...counts,
    `${otherWiring(wiring) ?? SAYS[verdict]}\n`,
    isWhole ? '' : 'Every element with its evidence: --details.\n',
  ].join('');
}
