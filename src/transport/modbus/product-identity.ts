import { decodeRegisters } from '../../domain/codec/register-decode';
import { registerPlans } from '../../domain/codec/register-plan';
import type { Value } from '../../domain/messages/reading';
import type { MeterModel } from '../../meters/meter-model';
import type { ProductIdentity, RegisterBlock } from '../transport';

/** Reads the product registers one span after the other. */
export async function readProductIdentity(
  model: MeterModel,
  read: (block: RegisterBlock) => Promise<Uint8Array>,
): Promise<ProductIdentity> {
  const values: Record<string, Value> = {};
  for (const span of registerPlans(model).get(model.registers.product)?.spans ?? []) {
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
