import type { CatalogNumber } from '../../meters/meter-model';

/** Firmware number of the simulated meter, low byte of the firmware words; the same in the Identity object. */
export const FIRMWARE = { base: 7, communication: 4, analog: 2 } as const;

/**
 * Texts of assembly 100 by metric name. What the 13 letters of a real meter spell is not stated in the manual pages that
 * were read; here they say that the meter is simulated, and which one it is.
 */
export function productTexts(model: CatalogNumber, serialNumber: number): Record<string, string> {
  const revision = (firmware: number): string => `${model.modelLetter}.${firmware}`;
  return {
    firmware_base: revision(FIRMWARE.base),
    firmware_communication: revision(FIRMWARE.communication),
    firmware_analog: model.inputsOutputs === 'analog' ? revision(FIRMWARE.analog) : '',
    identification_letters: `SIM${String(serialNumber).padStart(10, '0')}`,
  };
}
