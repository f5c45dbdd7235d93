/** So many bytes of it may stand before, between or behind frames. */
const MOST_BYTES = 8;

/**
 * What a line reads of itself while an adapter changes direction or nobody drives it: bytes of nothing but 0 or nothing but
 * 1. No frame begins with them, since a unit is 1 to 247 (Modbus over Serial Line 1.02, 2.2).
 */
const isNoise = (byte: number | undefined): boolean => byte === 0x00 || byte === 0xff;

/** How many bytes at the beginning belong to no frame. */
export function noiseBefore(bytes: Uint8Array): number {
  let count = 0;
  while (count < bytes.length && count < MOST_BYTES && isNoise(bytes[count])) count++;
  return count;
}

/** True for a few bytes that belong to no frame. */
export function isOnlyNoise(bytes: Uint8Array): boolean {
  return noiseBefore(bytes) === bytes.length;
}
