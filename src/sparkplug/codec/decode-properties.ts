import type { Reader } from 'protobufjs/minimal';
import { PROPERTY_SET_CODE, PROPERTY_SET_LIST_CODE, datatypeOfCode } from './datatypes';
import { readEnd, readFlag, readMessage, readRawValue, readText, readUint32 } from './decode-fields';
import { interpretValue } from './decode-value';
import { DEEPEST_PROPERTY_SET } from './encode-properties';
import type { Property, PropertySet, RawValue } from './model';
import { PROPERTY_SET_LIST_TAGS, PROPERTY_SET_TAGS, PROPERTY_TAGS } from './wire';

interface PropertyDraft {
  type?: number;
  isNull: boolean;
  raw?: RawValue;
  set?: PropertySet;
  sets?: readonly PropertySet[];
}

function readPropertySetList(reader: Reader, end: number, depth: number): readonly PropertySet[] {
  const sets: PropertySet[] = [];
  readMessage(reader, end, (tag) => {
    if (tag !== PROPERTY_SET_LIST_TAGS.propertySet) return false;
    sets.push(readPropertySet(reader, readEnd(reader, end), depth));
    return true;
  });
  return sets;
}

function finishProperty({ type, isNull, raw, set, sets }: PropertyDraft): Property | undefined {
  if (type === PROPERTY_SET_CODE) return { type: 'PropertySet', value: isNull ? null : (set ?? {}) };
  if (type === PROPERTY_SET_LIST_CODE) return { type: 'PropertySetList', value: isNull ? null : (sets ?? []) };
  const datatype = type === undefined ? undefined : datatypeOfCode(type);
  if (datatype === undefined) return undefined;
  if (isNull || raw === undefined) return { type: datatype, value: null };
  const value = interpretValue(datatype, raw);
  if (value === undefined) throw new RangeError(`a property is not a valid ${datatype}`);
  return { type: datatype, value };
}

function readProperty(reader: Reader, end: number, depth: number): Property | undefined {
  const draft: PropertyDraft = { isNull: false };
  readMessage(reader, end, (tag) => {
    switch (tag) {
      case PROPERTY_TAGS.type:
        draft.type = readUint32(reader, end);
        return true;
      case PROPERTY_TAGS.isNull:
        draft.isNull = readFlag(reader, end);
        return true;
      case PROPERTY_TAGS.propertySet:
        draft.set = readPropertySet(reader, readEnd(reader, end), depth + 1);
        return true;
      case PROPERTY_TAGS.propertySetList:
        draft.sets = readPropertySetList(reader, readEnd(reader, end), depth + 1);
        return true;
      default: {
        const raw = readRawValue(reader, tag, PROPERTY_TAGS, end);
        if (raw !== undefined) draft.raw = raw;
        return raw !== undefined;
      }
    }
  });
  return finishProperty(draft);
}

/**
 * Reads a PropertySet message up to `end`; properties of unknown datatype are left out.
 * @throws RangeError when keys and values differ in number, or sets are nested too deep
 */
export function readPropertySet(reader: Reader, end: number, depth = 0): PropertySet {
  if (depth > DEEPEST_PROPERTY_SET) throw new RangeError('property sets are nested too deep');
  const keys: string[] = [];
  const values: (Property | undefined)[] = [];
  readMessage(reader, end, (tag) => {
    if (tag === PROPERTY_SET_TAGS.keys) keys.push(readText(reader, end));
    else if (tag === PROPERTY_SET_TAGS.values) values.push(readProperty(reader, readEnd(reader, end), depth));
    else return false;
    return true;
  });
  if (keys.length !== values.length) throw new RangeError(`${keys.length} property keys but ${values.length} values`);
  return Object.fromEntries(
    keys.flatMap((key, index): [string, Property][] => {
      const property = values[index];
      return property === undefined ? [] : [[key, property]];
    }),
  );
}
