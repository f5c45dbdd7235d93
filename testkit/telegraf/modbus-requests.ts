import { numberOf, tablesOf, tagsOf, textOf, flagOf, type Settings } from './configuration';
import type { FieldValue } from './metric';

/** A field of a request, with how its registers become a value. */
export interface ModbusField {
  readonly measurement: string;
  readonly name: string;
  readonly address: number;
  readonly words: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly convert: (bytes: Buffer) => FieldValue;
}

/** One request as it goes over the wire. */
export interface ModbusRead {
  readonly unit: number;
  /** 3 for holding registers, 4 for input registers. */
  readonly functionCode: 3 | 4;
  readonly address: number;
  readonly words: number;
  readonly fields: readonly ModbusField[];
}

const MOST_WORDS = 125;
const WORDS: Readonly<Record<string, number>> = {
  INT16: 1,
  UINT16: 1,
  INT32: 2,
  UINT32: 2,
  FLOAT32: 2,
  INT64: 4,
  UINT64: 4,
  FLOAT64: 4,
};
const FUNCTION_CODES = { holding: 3, input: 4 } as const;

/** The bytes most significant first, whatever the order on the wire (type_conversions*.go). */
function inOrder(bytes: Buffer, order: string): Buffer {
  const swapped = Buffer.from(bytes);
  if (order === 'BADC' || order === 'DCBA') {
    // Words stay where they are, or all bytes are turned round: both begin with the bytes of each word.
    swapped.swap16();
  }
  if (order === 'CDAB' || order === 'DCBA') {
    const words = Array.from({ length: swapped.length / 2 }, (_, at) => swapped.subarray(2 * at, 2 * at + 2));
    return Buffer.concat(words.reverse());
  }
  return swapped;
}

function rawOf(type: string, bytes: Buffer): number | bigint {
  switch (type) {
    case 'INT16':
      return BigInt(bytes.readInt16BE());
    case 'UINT16':
      return BigInt(bytes.readUInt16BE());
    case 'INT32':
      return BigInt(bytes.readInt32BE());
    case 'UINT32':
      return BigInt(bytes.readUInt32BE());
    case 'INT64':
      return bytes.readBigInt64BE();
    case 'UINT64':
      return bytes.readBigUInt64BE();
    case 'FLOAT32':
      return bytes.readFloatBE();
    case 'FLOAT64':
      return bytes.readDoubleBE();
    default:
      throw new Error(`the type ${type} is not known here`);
  }
}

function converterOf(field: Settings, order: string): (bytes: Buffer) => FieldValue {
  const type = textOf(field, 'type');
  const scale = numberOf(field, 'scale');
  if (type === 'STRING') {
    return (bytes) => {
      const text = order === 'ABCD' || order === 'CDAB' ? bytes : Buffer.from(bytes).swap16();
      // One zero byte at the end is taken off (determineConverterString).
      return text.toString('latin1').replace(/\0$/, '');
    };
  }
  const output = textOf(field, 'output', scale === 0 && !type.startsWith('FLOAT') ? 'INT64' : 'FLOAT64');
  if (!['INT64', 'UINT64', 'FLOAT64'].includes(output)) throw new Error(`unknown output data-type ${output}`);
  return (bytes) => {
    const raw = rawOf(type, inOrder(bytes, order));
    const scaled = scale === 0 ? raw : Number(raw) * scale;
    if (output === 'FLOAT64') return Number(scaled);
    return typeof scaled === 'bigint' ? scaled : BigInt(Math.trunc(scaled));
  };
}

function fieldsOf(request: Settings): readonly ModbusField[] {
  const order = textOf(request, 'byte_order', 'ABCD');
  if (!['ABCD', 'DCBA', 'BADC', 'CDAB'].includes(order)) throw new Error(`unknown byte-order "${order}"`);
  const fields = tablesOf(request, 'fields');
  if (fields.length === 0) throw new Error('found request section without fields');
  return fields.map((field) => {
    const type = textOf(field, 'type');
    const name = textOf(field, 'name');
    if (flagOf(field, 'omit')) throw new Error('omitted fields are not known here');
    if (name === '') throw new Error('empty field name in request');
    const words = type === 'STRING' ? numberOf(field, 'length') : WORDS[type];
    if (words === undefined || words < 1) throw new Error(`the type ${type} of field "${name}" is not known here`);
    if (type !== 'STRING' && field['length'] !== undefined) {
      throw new Error(`length option cannot be used for type "${type}" of field "${name}"`);
    }
    return {
      name,
      words,
      address: numberOf(field, 'address'),
      measurement: textOf(field, 'measurement', textOf(request, 'measurement', 'modbus')),
      tags: tagsOf(request),
      convert: converterOf(field, order),
    };
  });
}

/**
 * The reads of a configuration in the style `request` without optimization, by plugins/inputs/modbus/request.go: fields
 * in order of address; those side by side share a request, a gap or a second field at the same address begins another
 * one; none has more registers than Modbus allows.
 */
export function readsOf(settings: Settings): readonly ModbusRead[] {
  if (textOf(settings, 'configuration_type') !== 'request') throw new Error('here the style is "request"');
  const seen = new Set<string>();
  const reads = tablesOf(settings, 'request').flatMap((request) => {
    if (textOf(request, 'optimization', 'none') !== 'none') throw new Error('optimizations are not known here');
    const register = textOf(request, 'register', 'holding');
    if (register !== 'holding' && register !== 'input') throw new Error(`${register} is not known here`);
    const unit = numberOf(request, 'slave_id');
    const groups: ModbusField[][] = [];
    for (const field of [...fieldsOf(request)].sort((left, right) => left.address - right.address)) {
      const id = JSON.stringify([unit, field.measurement, field.name, field.tags]);
      if (seen.has(id)) throw new Error(`field "${field.name}" duplicated in measurement "${field.measurement}"`);
      seen.add(id);
      const group = groups.at(-1);
      const [first, last] = [group?.[0], group?.at(-1)];
      const joins =
        first !== undefined &&
        last !== undefined &&
        field.address === last.address + last.words &&
        field.address + field.words <= first.address + MOST_WORDS;
      if (joins) group?.push(field);
      else groups.push([field]);
    }
    return groups.map((fields): ModbusRead => {
      const [first, last] = [fields[0]!, fields.at(-1)!];
      const words = last.address + last.words - first.address;
      return { unit, functionCode: FUNCTION_CODES[register], address: first.address, words, fields };
    });
  });
  // All holding registers of a unit are read before its input registers (gatherFields in modbus.go).
  return reads.sort((left, right) => left.functionCode - right.functionCode);
}
