import { decodeRegisters } from '../../domain/codec/register-decode';
import { registerPlans } from '../../domain/codec/register-plan';
import type { Value } from '../../domain/messages/reading';
import { CATALOG_NUMBERS } from '../../meters/pm500/identity';
import type { ProductIdentity, RegisterBlock } from '../transport';
import { PM500 } from '../../meters/pm500';

const SPANS = registerPlans(PM500).get('product')?.spans ?? [];

/** Reads the product registers one span after the other. */
export async function readProductIdentity(
  read: (block: RegisterBlock) => Promise<Uint8Array>,
): Promise<ProductIdentity> {
  const values: Record<string, Value> = {};
  for (const span of SPANS) {
    const bytes = await read({ kind: 'registers', register: span.register, words: span.words });
    Object.assign(values, decodeRegisters(span, bytes).values);
  }
  const text = (metric: string): string => (typeof values[metric] === 'string' ? values[metric] : '');
  return {
    firmwareBase: text('firmware_base'),
    firmwareCommunication: text('firmware_communication'),
    firmwareAnalog: text('firmware_analog'),
    letters: text('identification_letters'),
  };
}

/**
 * Why product registers are not those of a PowerMonitor 500 or of the configured catalog number, as the end of a
 * sentence; undefined when nothing speaks against it. The model letter tells V1 from V2 only (1420-UM001E p.49 Table 10).
 */
export function describeProductMismatch(
  { firmwareBase }: ProductIdentity,
  expectedCatalogNumber?: string,
): string | undefined {
  const letter = firmwareBase.charAt(0);
  if (!CATALOG_NUMBERS.some(({ modelLetter }) => modelLetter === letter)) {
    return `has firmware "${firmwareBase}", but that of a PowerMonitor 500 begins with A or B; check the address.`;
  }
  const expected = CATALOG_NUMBERS.find(({ catalogNumber }) => catalogNumber === expectedCatalogNumber);
  if (expected === undefined || expected.modelLetter === letter) return undefined;
  return `has firmware "${firmwareBase}", but that of a ${expected.catalogNumber} begins with ${expected.modelLetter}; correct the configuration or the address.`;
}
