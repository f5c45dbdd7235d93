/**
 * Field numbers of the Sparkplug B protobuf schema (proto2, package org.eclipse.tahu.protobuf), and the tag that
 * precedes a field: number x 8 + wire type.
 */
const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

function tag(fieldNumber: number, wireType: number): number {
  return fieldNumber * 8 + wireType;
}

/** The fields of plain values: these six in this order, wherever a message has them. */
const plainValues = (firstField: number) => ({
  int: tag(firstField, WIRE.varint),
  long: tag(firstField + 1, WIRE.varint),
  float: tag(firstField + 2, WIRE.fixed32),
  double: tag(firstField + 3, WIRE.fixed64),
  boolean: tag(firstField + 4, WIRE.varint),
  string: tag(firstField + 5, WIRE.delimited),
});

/** Message Payload. */
export const PAYLOAD_TAGS = {
  timestamp: tag(1, WIRE.varint),
  metrics: tag(2, WIRE.delimited),
  seq: tag(3, WIRE.varint),
  uuid: tag(4, WIRE.delimited),
  body: tag(5, WIRE.delimited),
} as const;

/** Message Payload.Metric; fields 10 to 19 are one of. */
export const METRIC_TAGS = {
  name: tag(1, WIRE.delimited),
  alias: tag(2, WIRE.varint),
  timestamp: tag(3, WIRE.varint),
  datatype: tag(4, WIRE.varint),
  isHistorical: tag(5, WIRE.varint),
  isTransient: tag(6, WIRE.varint),
  isNull: tag(7, WIRE.varint),
  metaData: tag(8, WIRE.delimited),
  properties: tag(9, WIRE.delimited),
  ...plainValues(10),
  bytes: tag(16, WIRE.delimited),
  dataset: tag(17, WIRE.delimited),
  template: tag(18, WIRE.delimited),
  extension: tag(19, WIRE.delimited),
} as const;

/** Message Payload.PropertySet. */
export const PROPERTY_SET_TAGS = { keys: tag(1, WIRE.delimited), values: tag(2, WIRE.delimited) } as const;

/** Message Payload.PropertySetList. */
export const PROPERTY_SET_LIST_TAGS = { propertySet: tag(1, WIRE.delimited) } as const;

/** Message Payload.PropertyValue; fields 3 to 11 are one of. It has no field for bytes. */
export const PROPERTY_TAGS = {
  type: tag(1, WIRE.varint),
  isNull: tag(2, WIRE.varint),
  ...plainValues(3),
  propertySet: tag(9, WIRE.delimited),
  propertySetList: tag(10, WIRE.delimited),
} as const;

/** Message Payload.MetaData. */
export const META_DATA_TAGS = {
  isMultiPart: tag(1, WIRE.varint),
  contentType: tag(2, WIRE.delimited),
  size: tag(3, WIRE.varint),
  seq: tag(4, WIRE.varint),
  fileName: tag(5, WIRE.delimited),
  fileType: tag(6, WIRE.delimited),
  md5: tag(7, WIRE.delimited),
  description: tag(8, WIRE.delimited),
} as const;

/** Message Payload.DataSet; `packedTypes` is how some encoders write the repeated numbers. */
export const DATA_SET_TAGS = {
  columnCount: tag(1, WIRE.varint),
  columns: tag(2, WIRE.delimited),
  types: tag(3, WIRE.varint),
  packedTypes: tag(3, WIRE.delimited),
  rows: tag(4, WIRE.delimited),
} as const;

/** Message Payload.DataSet.Row. */
export const ROW_TAGS = { elements: tag(1, WIRE.delimited) } as const;

/** Message Payload.DataSet.DataSetValue; its fields are one of. */
export const CELL_TAGS = plainValues(1);

/** Message Payload.Template. */
export const TEMPLATE_TAGS = {
  version: tag(1, WIRE.delimited),
  metrics: tag(2, WIRE.delimited),
  parameters: tag(3, WIRE.delimited),
  templateRef: tag(4, WIRE.delimited),
  isDefinition: tag(5, WIRE.varint),
} as const;

/** Message Payload.Template.Parameter; fields 3 to 8 are one of. */
export const PARAMETER_TAGS = {
  name: tag(1, WIRE.delimited),
  type: tag(2, WIRE.varint),
  ...plainValues(3),
} as const;
