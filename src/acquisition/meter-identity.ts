import type { MeterReference } from '../domain/messages/reading';
import type { MeterModel } from '../meters/meter-model';
import type { Identity, MeterIdentity, ProductIdentity } from '../transport/transport';

/** What identities are compared with. */
type IdentityModel = Pick<MeterModel, 'name' | 'identity'>;

function describeObjectMismatch(
  { name, identity: { vendorId, deviceType, catalogNumbers } }: IdentityModel,
  identity: Identity,
  expectedCatalogNumber?: string,
): string | undefined {
  if (identity.vendorId !== vendorId || identity.deviceType !== deviceType) {
    return `says it is "${identity.productName}" (vendor ${identity.vendorId}, device type ${identity.deviceType}), not a ${name}; check the address.`;
  }
  const row = catalogNumbers.find(({ productCode }) => productCode === identity.productCode);
  if (row === undefined) return `has product code ${identity.productCode}, which no ${name} has; check the address.`;
  if (expectedCatalogNumber !== undefined && row.catalogNumber !== expectedCatalogNumber) {
    return `is a ${row.catalogNumber}, but ${expectedCatalogNumber} is configured; correct the configuration or the address.`;
  }
  return undefined;
}

/**
 * Why product registers are not those of the model or of the configured catalog number, as the end of a sentence;
 * undefined when nothing speaks against it. A model letter may be that of several catalog numbers.
 */
function describeProductMismatch(
  { name, identity: { catalogNumbers } }: IdentityModel,
  { firmwareBase }: ProductIdentity,
  expectedCatalogNumber?: string,
): string | undefined {
  const letter = firmwareBase.charAt(0);
  const letters = [...new Set(catalogNumbers.map(({ modelLetter }) => modelLetter))].sort();
  if (!letters.includes(letter)) {
    return `has firmware "${firmwareBase}", but that of a ${name} begins with ${letters.join(' or ')}; check the address.`;
  }
  const expected = catalogNumbers.find(({ catalogNumber }) => catalogNumber === expectedCatalogNumber);
  if (expected === undefined || expected.modelLetter === letter) return undefined;
  return `has firmware "${firmwareBase}", but that of a ${expected.catalogNumber} begins with ${expected.modelLetter}; correct the configuration or the address.`;
}

/** Why an identity is not that of the model, as the end of a sentence; undefined when it is. */
export function describeMismatch(
  model: IdentityModel,
  identity: MeterIdentity,
  expectedCatalogNumber?: string,
): string | undefined {
  return 'vendorId' in identity
    ? describeObjectMismatch(model, identity, expectedCatalogNumber)
    : describeProductMismatch(model, identity, expectedCatalogNumber);
}

/** What a meter reference takes from an identity. */
export function referenceOf(
  model: IdentityModel,
  identity: MeterIdentity,
): Pick<MeterReference, 'catalogNumber' | 'serialNumber' | 'firmware'> {
  if (!('vendorId' in identity)) return { firmware: identity.firmwareBase };
  const row = model.identity.catalogNumbers.find(({ productCode }) => productCode === identity.productCode);
  return {
    ...(row === undefined ? {} : { catalogNumber: row.catalogNumber }),
    serialNumber: identity.serialNumber,
  };
}
