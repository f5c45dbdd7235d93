import type { Schema } from '../servers/protoc';

type Fields = Schema[string];

/** The fields of a value, from a number on: those that every message has which holds one (Sparkplug 3.0.0, 6.4.6). */
const valuesFrom = (first: number): Fields => ({
  int_value: [first, 'uint32'],
  long_value: [first + 1, 'uint64'],
  float_value: [first + 2, 'float'],
  double_value: [first + 3, 'double'],
  boolean_value: [first + 4, 'bool'],
  string_value: [first + 5, 'string'],
});

/** The numbers and types of the fields that are sent here, after chapter 6.4 of Sparkplug 3.0.0. */
export const PAYLOAD_SCHEMA: Schema = {
  Payload: {
    timestamp: [1, 'uint64'],
    metrics: [2, 'Metric', 'repeated'],
    seq: [3, 'uint64'],
    uuid: [4, 'string'],
    body: [5, 'bytes'],
  },
  Metric: {
    name: [1, 'string'],
    alias: [2, 'uint64'],
    timestamp: [3, 'uint64'],
    datatype: [4, 'uint32'],
    is_historical: [5, 'bool'],
    is_transient: [6, 'bool'],
    is_null: [7, 'bool'],
    properties: [9, 'PropertySet'],
    ...valuesFrom(10),
    bytes_value: [16, 'bytes'],
    dataset_value: [17, 'DataSet'],
    template_value: [18, 'Template'],
  },
  PropertySet: { keys: [1, 'string', 'repeated'], values: [2, 'PropertyValue', 'repeated'] },
  PropertyValue: {
    type: [1, 'uint32'],
    is_null: [2, 'bool'],
    ...valuesFrom(3),
    propertyset_value: [9, 'PropertySet'],
  },
  Template: {
    version: [1, 'string'],
    metrics: [2, 'Metric', 'repeated'],
    parameters: [3, 'Parameter', 'repeated'],
    template_ref: [4, 'string'],
    is_definition: [5, 'bool'],
  },
  Parameter: {
    name: [1, 'string'],
    type: [2, 'uint32'],
    ...valuesFrom(3),
  },
  DataSet: {
    num_of_columns: [1, 'uint64'],
    columns: [2, 'string', 'repeated'],
    types: [3, 'uint32', 'repeated'],
    rows: [4, 'Row', 'repeated'],
  },
  Row: { elements: [1, 'Cell', 'repeated'] },
  Cell: valuesFrom(1),
};
