/** The Sparkplug B payload codec (Sparkplug 3.0.0, chapter 6), in one place for its users. */
export { encodePayload } from './encode-payload';
export { BIRTH_FORM, DATA_FORM, type PayloadForm } from './encode-metric';
export { encodePropertySet } from './encode-properties';
export { decodePayload } from './decode-payload';
export { interpretValue } from './decode-value';
export {
  ARRAY_DATATYPES,
  ARRAY_DATATYPE_NAMES,
  DATATYPE_NAMES,
  isDatatype,
  type ArrayDatatype,
  type Datatype,
  type MetricDatatype,
} from './datatypes';
export type {
  ArrayValue,
  DataSet,
  DecodedMetric,
  DecodedPayload,
  DecodedTemplate,
  DecodedValue,
  EncodedPropertySet,
  MetaData,
  PayloadMetric,
  MetricValue,
  Payload,
  Property,
  PropertySet,
  RawValue,
  ScalarProperty,
  Template,
  TemplateParameter,
} from './model';
