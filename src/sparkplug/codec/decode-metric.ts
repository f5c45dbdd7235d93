import type { Reader } from 'protobufjs/minimal';
import { unpackArray } from './array-values';
import { arrayDatatypeOfCode, DATA_SET_CODE, datatypeOfCode, TEMPLATE_CODE } from './datatypes';
import { readDataSet } from './decode-data-set';
import { readEnd, readFlag, readMessage, readRawValue, readText, readUint32 } from './decode-fields';
import { readPropertySet } from './decode-properties';
import { interpretValue } from './decode-value';
import { DEEPEST_TEMPLATE } from './encode-metric';
import { readMetaData } from './meta-data';
import type { DecodedMetric, DecodedTemplate, DecodedValue, RawValue, TemplateParameter } from './model';
import { METRIC_TAGS, PARAMETER_TAGS, TEMPLATE_TAGS } from './wire';
import { readBigInt, readSafeInteger } from './varint';

/** A message while it is read. */
export type Draft<Message> = { -readonly [Key in keyof Message]: Message[Key] };

function readValueField(reader: Reader, tag: number, end: number, depth: number): RawValue | undefined {
  switch (tag) {
    case METRIC_TAGS.dataset:
      return { field: 'dataset', content: readDataSet(reader, readEnd(reader, end)) };
    case METRIC_TAGS.template:
      return { field: 'template', content: readTemplate(reader, readEnd(reader, end), depth + 1) };
    case METRIC_TAGS.extension:
      reader.pos = readEnd(reader, end);
      return { field: 'unsupported', content: 'extension' };
    default:
      return readRawValue(reader, tag, METRIC_TAGS, end);
  }
}

function readMetricField(
  reader: Reader,
  tag: number,
  end: number,
  metric: Draft<DecodedMetric>,
  depth: number,
): boolean {
  switch (tag) {
    case METRIC_TAGS.name:
      metric.name = readText(reader, end);
      return true;
    case METRIC_TAGS.alias:
      metric.alias = readBigInt(reader, end);
      return true;
    case METRIC_TAGS.timestamp:
      metric.timestamp = readSafeInteger(reader, end);
      return true;
    case METRIC_TAGS.datatype:
      metric.datatype = readUint32(reader, end);
      return true;
    case METRIC_TAGS.isHistorical:
      metric.isHistorical = readFlag(reader, end);
      return true;
    case METRIC_TAGS.isTransient:
      metric.isTransient = readFlag(reader, end);
      return true;
    case METRIC_TAGS.isNull:
      metric.isNull = readFlag(reader, end);
      return true;
    case METRIC_TAGS.metaData:
      metric.metaData = readMetaData(reader, end);
      return true;
    case METRIC_TAGS.properties:
      metric.properties = readPropertySet(reader, readEnd(reader, end));
      return true;
    default: {
      const raw = readValueField(reader, tag, end, depth);
      if (raw !== undefined) metric.raw = raw;
      return raw !== undefined;
    }
  }
}

/**
 * What a value on the wire means as the datatype of this number; undefined when the number is unknown.
 * @throws RangeError when the value does not fit its datatype
 */
function interpret(code: number, raw: RawValue, name: string): DecodedValue | undefined {
  const type = datatypeOfCode(code);
  const array = arrayDatatypeOfCode(code);
  let value: DecodedValue | undefined;
  if (type !== undefined) value = interpretValue(type, raw);
  else if (array !== undefined) value = raw.field === 'bytes' ? unpackArray(array, raw.content) : undefined;
  else if (code === DATA_SET_CODE) value = raw.field === 'dataset' ? raw.content : undefined;
  else if (code === TEMPLATE_CODE) value = raw.field === 'template' ? raw.content : undefined;
  else return undefined;
  if (value === undefined) throw new RangeError(`the value of metric "${name}" is not of its datatype ${code}`);
  return value;
}

/**
 * Reads a Metric message up to `end`.
 * @throws RangeError, TypeError when it is damaged
 */
export function readMetric(reader: Reader, end: number, depth = 0): DecodedMetric {
  const metric: Draft<DecodedMetric> = { isHistorical: false, isTransient: false, isNull: false };
  readMessage(reader, end, (tag) => readMetricField(reader, tag, end, metric, depth));
  if (metric.isNull) metric.value = null;
  else if (metric.datatype !== undefined && metric.raw !== undefined) {
    const value = interpret(metric.datatype, metric.raw, metric.name ?? '?');
    if (value !== undefined) metric.value = value;
  }
  return metric;
}

function readParameter(reader: Reader, end: number): TemplateParameter {
  let name: string | undefined;
  let code = -1;
  let raw: RawValue | undefined;
  readMessage(reader, end, (tag) => {
    if (tag === PARAMETER_TAGS.name) name = readText(reader, end);
    else if (tag === PARAMETER_TAGS.type) code = readUint32(reader, end);
    else {
      const read = readRawValue(reader, tag, PARAMETER_TAGS, end);
      raw = read ?? raw;
      return read !== undefined;
    }
    return true;
  });
  const type = datatypeOfCode(code);
  if (name === undefined || type === undefined) throw new RangeError('a template parameter lacks its name or datatype');
  const value = raw === undefined ? null : interpretValue(type, raw);
  if (value === undefined) throw new RangeError(`template parameter "${name}" is not a valid ${type}`);
  return { name, type, value };
}

function readTemplate(reader: Reader, end: number, depth: number): DecodedTemplate {
  if (depth > DEEPEST_TEMPLATE) throw new RangeError('templates are nested too deep');
  const members: DecodedMetric[] = [];
  const parameters: TemplateParameter[] = [];
  const template: Draft<DecodedTemplate> = { isDefinition: false, members, parameters };
  readMessage(reader, end, (tag) => {
    switch (tag) {
      case TEMPLATE_TAGS.version:
        template.version = readText(reader, end);
        return true;
      case TEMPLATE_TAGS.metrics:
        members.push(readMetric(reader, readEnd(reader, end), depth));
        return true;
      case TEMPLATE_TAGS.parameters:
        parameters.push(readParameter(reader, readEnd(reader, end)));
        return true;
      case TEMPLATE_TAGS.templateRef:
        template.templateRef = readText(reader, end);
        return true;
      case TEMPLATE_TAGS.isDefinition:
        template.isDefinition = readFlag(reader, end);
        return true;
      default:
        return false;
    }
  });
  return template;
}
