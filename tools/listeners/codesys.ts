import type { Assembly } from '../../src/metrics/measurement';
import { elementsOfAssembly, type ListenedElement } from './elements';

/** The heading of what CODESYS exports; it matches rows by device name and parameter name. */
const HEADING = [
  '//CoDeSys Mapping Export V1.2',
  '//Mapped variable;//Parameter name @ counter in device;//Unit;//Description;//IEC address;//Device name;',
  '//Important: change only first, third or fourth column in Excel or add variable name before first ;',
];

/** The name that the assembly must have in the device tree, and of its type. */
export const codesysName = (instance: number): string => `PM500_${instance}`;

/** Unit of the number itself, for columns where it is not converted. */
export function unitOfNumber({ unit, step }: ListenedElement): string {
  return step === undefined || step === 1 ? unit : `${step} ${unit}`;
}

/** Mapping of an input assembly for import. An address is left out: CODESYS keeps what an empty field stands for. */
export function mappingFile(assembly: Assembly): string {
  const device = codesysName(assembly.instance);
  const rows = elementsOfAssembly(assembly).map((element) => {
    const { name, type, offset, label, provenance } = element;
    const description = [`byte ${offset}`, type, label, provenance].filter(Boolean).join('; ').replaceAll(';', ',');
    return [`pm500_${name}`, name, unitOfNumber(element), description, '', device, ''].join(';');
  });
  return [...HEADING, ...rows, ''].join('\r\n');
}

/** The same layout as types of Structured Text, one for each assembly. */
export function typesFile(assemblies: readonly Assembly[]): string {
  const types = assemblies.map((assembly) => {
    const elements = elementsOfAssembly(assembly).map((element) => {
      const { name, type, offset, label, provenance } = element;
      const notes = [`byte ${offset}`, unitOfNumber(element), label, provenance].filter(Boolean).join(', ');
      return `    ${name} : ${type}; // ${notes}`;
    });
    return [
      `// Assembly ${assembly.instance}, ${assembly.title.toLowerCase()}: ${assembly.sizeBytes} bytes`,
      "{attribute 'pack_mode' := '1'}",
      `TYPE ${codesysName(assembly.instance)} :`,
      'STRUCT',
      ...elements,
      'END_STRUCT',
      'END_TYPE',
    ].join('\n');
  });
  return `// Made from the meter table by tools/listeners; do not edit: npx tsx tools/listeners/main.ts\n\n${types.join('\n\n')}\n`;
}
