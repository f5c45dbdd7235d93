import { Writer } from 'protobufjs/minimal';
import { Pm500Error } from '../../support/errors';
import { checkName } from './check-value';
import { DATATYPES, PROPERTY_SET_CODE, PROPERTY_SET_LIST_CODE, isDatatype } from './datatypes';
import { writeValue } from './encode-value';
import type { EncodedPropertySet, Property, PropertySet } from './model';
import { PROPERTY_SET_LIST_TAGS, PROPERTY_SET_TAGS, PROPERTY_TAGS } from './wire';

/** Deeper nesting than this is taken for a mistake (a set that holds itself) and refused. */
export const DEEPEST_PROPERTY_SET = 16;

function refuse(where: string, fault: string): never {
  throw new Pm500Error('SPARKPLUG_VALUE_INVALID', `Sparkplug ${where}: ${fault}.`);
}

function writeProperty(writer: Writer, property: Property, where: string, depth: number): void {
  if (property.type === 'PropertySet') {
    writer.uint32(PROPERTY_TAGS.type).uint32(PROPERTY_SET_CODE);
    if (property.value === null) writer.uint32(PROPERTY_TAGS.isNull).bool(true);
    else {
      writer.uint32(PROPERTY_TAGS.propertySet).fork();
      writePropertySet(writer, property.value, where, depth + 1);
      writer.ldelim();
    }
  } else if (property.type === 'PropertySetList') {
    writer.uint32(PROPERTY_TAGS.type).uint32(PROPERTY_SET_LIST_CODE);
    if (property.value === null) writer.uint32(PROPERTY_TAGS.isNull).bool(true);
    else {
      writer.uint32(PROPERTY_TAGS.propertySetList).fork();
      for (const set of property.value) {
        writer.uint32(PROPERTY_SET_LIST_TAGS.propertySet).fork();
        writePropertySet(writer, set, where, depth + 1);
        writer.ldelim();
      }
      writer.ldelim();
    }
  } else {
    if (!isDatatype(property.type)) refuse(where, `"${String(property.type)}" is no datatype of a property`);
    const row = DATATYPES[property.type];
    if (row.field === 'bytes') refuse(where, `a property cannot hold ${property.type}`);
    writer.uint32(PROPERTY_TAGS.type).uint32(row.code);
    if (property.value === null) writer.uint32(PROPERTY_TAGS.isNull).bool(true);
    else writeValue(writer, PROPERTY_TAGS, property.type, row.field, property.value, where);
  }
}

/**
 * Writes the content of a PropertySet message: all keys, then all values, as many of the one as of the other.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
export function writePropertySet(writer: Writer, set: PropertySet, where: string, depth = 0): void {
  if (depth > DEEPEST_PROPERTY_SET) refuse(where, `property sets are nested deeper than ${DEEPEST_PROPERTY_SET}`);
  const entries = Object.entries(set);
  for (const [key] of entries) {
    checkName(key, `a property key of ${where}`);
    writer.uint32(PROPERTY_SET_TAGS.keys).string(key);
  }
  for (const [key, property] of entries) {
    writer.uint32(PROPERTY_SET_TAGS.values).fork();
    writeProperty(writer, property, `${where}, property "${key}"`, depth);
    writer.ldelim();
  }
}

/**
 * Makes the bytes of a set once, for sets that many metrics share; the set must not change afterward.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
export function encodePropertySet(properties: PropertySet, where = 'property set'): EncodedPropertySet {
  const writer = Writer.create();
  writePropertySet(writer, properties, where);
  return { properties, bytes: writer.finish() };
}
