import type { MeterReference } from '../domain/messages/reading';
import { CATALOG_NUMBERS, DEVICE_TYPE, VENDOR_ID } from '../meters/pm500/identity';
import { describeProductMismatch } from '../transport/modbus/product-identity';
import type { Identity, MeterIdentity } from '../transport/transport';

function describeObjectMismatch(identity: Identity, expectedCatalogNumber?: string): string | undefined {
  if (identity.vendorId !== VENDOR_ID || identity.deviceType !== DEVICE_TYPE) {
    return `says it is "${identity.productName}" (vendor ${identity.vendorId}, device type ${identity.deviceType}), not a PowerMonitor 500; check the address.`;
  }
  const row = CATALOG_NUMBERS.find(({ productCode }) => productCode === identity.productCode);
  if (row === undefined)
    return `has product code ${identity.productCode}, which no PowerMonitor 500 has; check the address.`;
  if (expectedCatalogNumber !== undefined && row.catalogNumber !== expectedCatalogNumber) {
    return `is a ${row.catalogNumber}, but ${expectedCatalogNumber} is configured; correct the configuration or the address.`;
  }
  return undefined;
}

/** Why an identity is not that of a PowerMonitor 500, as the end of a sentence; undefined when it is. */
export function describeMismatch(identity: MeterIdentity, expectedCatalogNumber?: string): string | undefined {
  return 'vendorId' in identity
    ? describeObjectMismatch(identity, expectedCatalogNumber)
    : describeProductMismatch(identity, expectedCatalogNumber);
}

/** What a meter reference takes from an identity. */
export function referenceOf(
  identity: MeterIdentity,
): Pick<MeterReference, 'catalogNumber' | 'serialNumber' | 'firmware'> {
  if (!('vendorId' in identity)) return { firmware: identity.firmwareBase };
  const row = CATALOG_NUMBERS.find(({ productCode }) => productCode === identity.productCode);
  return {
    ...(row === undefined ? {} : { catalogNumber: row.catalogNumber }),
    serialNumber: identity.serialNumber,
  };
}
