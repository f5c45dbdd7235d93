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

/** Which named layout of assembly 107 fits, why the others do not, and how to apply it. */
function formatEnergyLayout({ inUse, named, evidence, candidates }: EnergyLayoutVerdict): string {
  const use = inUse ?? 'a layout of its own';
  const apply =
    named === undefined || named === inUse
      ? ''
      : `  To apply it choose "${named}" under Energy counters in pm500-meter; to check with it add --energy-layout ${named}.\n`;
  return [
    `\nEnergy counters in assembly 107: ${named ?? 'undecided'}\n  In use: ${use}. ${evidence}\n`,
    apply,
    ...candidates.map(
      ({ name, verdict, evidence: why }) => `  ${verdict.padEnd(12)}  ${name}\n${INDENT}${INDENT}${why}\n`,
    ),
  ].join('');
}

/** The outcome of a layout check for people: everything it says, the summary last, where the eye is. */
export function formatVerdict(outcome: LayoutVerdict): string {
  const { meter, layout, readings, from, to, wiring, scales, assemblies, energyLayout, rating, limits, verdict } =
    outcome;
  const seconds = Math.round((to - from) / 1000);
  const counts = assemblies.map(({ assembly, elements }) => {
    const count = (word: string): number => elements.filter((element) => element.verdict === word).length;
    return `  ${assembly}  ${count('confirmed')} confirmed, ${count('undecided')} undecided, ${count('contradicted')} contradicted\n`;
  });
  return [
    `${meter.host}: ${readings} readings in ${seconds} s; layout: ${layout}\n`,
    ...assemblies.map(formatAssembly),
    `\nWiring: ${wiring.verdict}. ${wiring.evidence}\n`,
    rating === undefined ? '' : `Voltages: ${rating.evidence}\n`,
    '\nScales\n',
    ...scales.map(formatScale),
    energyLayout === undefined ? '' : formatEnergyLayout(energyLayout),
    '\nWhat no values can tell\n',
    ...limits.map((limit) => `  ${limit}\n`),
    `\nVerdict: ${verdict}\n`,
    ...counts,
  ].join('');
}
