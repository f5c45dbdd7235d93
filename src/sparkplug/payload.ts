/** The Sparkplug B payload codec (Sparkplug 3.0.0, chapter 6), in one place for its users. */
export { encodePayload, type PayloadForm } from './encode-payload';
export { encodePropertySet } from './encode-properties';
export { decodePayload } from './decode-payload';
export { interpretValue } from './decode-value';
export { DATATYPES, DATATYPE_NAMES, datatypeOfCode, isDatatype, type Datatype } from './datatypes';
export type {
  DecodedMetric,
  DecodedPayload,
  EncodedPropertySet,
  Metric,
  MetricValue,
  Payload,
  Property,
  PropertySet,
  RawValue,
  ScalarProperty,
} from './model';
