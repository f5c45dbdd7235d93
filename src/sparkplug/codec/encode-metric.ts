import type { Writer } from 'protobufjs/minimal';
import { Pm500Error } from '../../support/errors';
import { packArray } from './array-values';
import { checkName, isCount, refuseCount } from './check-value';
import {
  ARRAY_DATATYPES,
  ARRAY_DATATYPE_NAMES,
  DATATYPES,
  DATATYPE_NAMES,
  DATA_SET_CODE,
  isArrayDatatype,
  isBasicDatatype,
  isDatatype,
  TEMPLATE_CODE,
  type Datatype,
} from './datatypes';
import { isList, writeDataSet } from './encode-data-set';
import { writePropertySet } from './encode-properties';
import { type ValueTags, writeValue } from './encode-value';
import { writeMetaData } from './meta-data';
import type { EncodedPropertySet, PayloadMetric, MetricValue, PropertySet, Template, TemplateParameter } from './model';
import { METRIC_TAGS, PARAMETER_TAGS, TEMPLATE_TAGS } from './wire';
import { writeSafeInteger } from './varint';

/** What stands beside the value of a metric. */
export interface PayloadForm {
  /** False: aliases are left out, and every metric has its name. */
  readonly hasAliases: boolean;
  /** True: the name stands also where there is an alias. */
  readonly hasAllNames: boolean;
  readonly hasDatatypes: boolean;
}

/** Every metric with name, alias (where it has one) and datatype. */
export const BIRTH_FORM: PayloadForm = { hasAliases: true, hasAllNames: true, hasDatatypes: true };
/** No datatypes, and no name where there is an alias (payloads-alias-data-cmd-requirement). */
export const DATA_FORM: PayloadForm = { hasAliases: true, hasAllNames: false, hasDatatypes: false };

/** Deeper nesting than this is taken for a mistake (a template that holds itself) and refused. */
export const DEEPEST_TEMPLATE = 8;

/** Constants of this module: what every metric needs costs no look-up. */
const NAME_TAG: number = METRIC_TAGS.name;
const ALIAS_TAG: number = METRIC_TAGS.alias;
const TIMESTAMP_TAG: number = METRIC_TAGS.timestamp;
const DATATYPE_TAG: number = METRIC_TAGS.datatype;
const PROPERTIES_TAG: number = METRIC_TAGS.properties;
const VALUE_TAGS: ValueTags = METRIC_TAGS;

function isEncoded(properties: PropertySet | EncodedPropertySet): properties is EncodedPropertySet {
  return 'bytes' in properties && properties.bytes instanceof Uint8Array;
}

function nameOf(metric: PayloadMetric): string {
  return metric.name ?? `alias ${metric.alias ?? 'none'}`;
}

function refuseType(metric: PayloadMetric): never {
  const types = [...DATATYPE_NAMES, ...ARRAY_DATATYPE_NAMES, 'DataSet', 'Template'].join(', ');
  throw new Pm500Error(
    'SPARKPLUG_VALUE_INVALID',
    `Sparkplug metric ${nameOf(metric)}: the type "${metric.type}" is not known; use ${types}.`,
  );
}

function refuse(where: string, fault: string): never {
  throw new Pm500Error('SPARKPLUG_VALUE_INVALID', `Sparkplug ${where}: ${fault}.`);
}

/** Name and alias: in data the alias stands for the name. */
function writeIdentity(writer: Writer, metric: PayloadMetric, form: PayloadForm): void {
  const { name } = metric;
  const alias = form.hasAliases ? metric.alias : undefined;
  if (name === undefined ? alias === undefined : name === '') checkName('', 'a metric name');
  if (name !== undefined && (form.hasAllNames || alias === undefined)) writer.uint32(NAME_TAG).string(name);
  if (alias === undefined) return;
  if (!isCount(alias)) refuseCount(alias, 'alias', nameOf(metric));
  writer.uint32(ALIAS_TAG);
  writeSafeInteger(writer, alias);
}

function writeProperties(writer: Writer, metric: PayloadMetric): void {
  const { properties } = metric;
  if (properties === undefined) return;
  writer.uint32(PROPERTIES_TAG);
  if (isEncoded(properties)) writer.bytes(properties.bytes);
  else {
    writer.fork();
    writePropertySet(writer, properties, `metric ${nameOf(metric)}`);
    writer.ldelim();
  }
}

/** The number of a datatype; undefined for a type that came from outside and is none. */
function codeOf({ type }: PayloadMetric): number | undefined {
  if (type === 'DataSet') return DATA_SET_CODE;
  if (type === 'Template') return TEMPLATE_CODE;
  return isArrayDatatype(type) ? ARRAY_DATATYPES[type].code : (DATATYPES[type] as { code: number } | undefined)?.code;
}

/** The values that are no single one: arrays, tables, templates. */
function writeComposite(writer: Writer, metric: PayloadMetric, form: PayloadForm, depth: number): void {
  const where = metric.name ?? nameOf(metric);
  if (metric.value === null) return;
  if (metric.type === 'DataSet') {
    writer.uint32(METRIC_TAGS.dataset).fork();
    writeDataSet(writer, metric.value, where);
    writer.ldelim();
  } else if (metric.type === 'Template') {
    writer.uint32(METRIC_TAGS.template).fork();
    writeTemplate(writer, metric.value, form, where, depth + 1);
    writer.ldelim();
  } else if (isArrayDatatype(metric.type)) {
    writer.uint32(METRIC_TAGS.bytes).bytes(packArray(metric.type, metric.value, where));
  }
}

/**
 * Writes the content of a Metric message, fields in the order of their numbers.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
export function writeMetric(writer: Writer, metric: PayloadMetric, form: PayloadForm, depth = 0): void {
  const { timestamp, type, value } = metric;
  const row = DATATYPES[type as Datatype] as (typeof DATATYPES)[Datatype] | undefined;
  const code = row?.code ?? codeOf(metric) ?? refuseType(metric);
  writeIdentity(writer, metric, form);
  if (timestamp !== undefined) {
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', nameOf(metric));
    writer.uint32(TIMESTAMP_TAG);
    writeSafeInteger(writer, timestamp);
  }
  if (form.hasDatatypes) writer.uint32(DATATYPE_TAG).uint32(code);
  if (metric.isHistorical === true) writer.uint32(METRIC_TAGS.isHistorical).bool(true);
  if (metric.isTransient === true) writer.uint32(METRIC_TAGS.isTransient).bool(true);
  if (value === null) writer.uint32(METRIC_TAGS.isNull).bool(true);
  if (metric.metaData !== undefined) writeMetaData(writer, METRIC_TAGS.metaData, metric.metaData, nameOf(metric));
  writeProperties(writer, metric);
  if (row === undefined) writeComposite(writer, metric, form, depth);
  else if (value !== null) {
    const plain = value as NonNullable<MetricValue>;
    writeValue(writer, VALUE_TAGS, type as Datatype, row.field, plain, metric.name ?? nameOf(metric));
  }
}

function writeParameter(writer: Writer, { name, type, value }: TemplateParameter, where: string): void {
  checkName(name, `a parameter of ${where}`);
  if (!isDatatype(type) || !isBasicDatatype(type)) refuse(where, `parameter "${name}" cannot be of type ${type}`);
  writer.uint32(PARAMETER_TAGS.name).string(name);
  const { code, field } = DATATYPES[type];
  writer.uint32(PARAMETER_TAGS.type).uint32(code);
  if (value === null) refuse(where, `parameter "${name}" has no value`);
  writeValue(writer, PARAMETER_TAGS, type, field, value, `${where}, parameter "${name}"`);
}

/**
 * Writes the content of a Template message. Members of an instance are known by name: they have no alias.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
function writeTemplate(writer: Writer, template: Template, form: PayloadForm, where: string, depth: number): void {
  if (depth > DEEPEST_TEMPLATE) refuse(where, `templates are nested deeper than ${DEEPEST_TEMPLATE}`);
  const { version, templateRef, members, parameters = [] } = template;
  if (!isList(members)) refuse(where, 'a Template needs a list of members');
  if (version !== undefined) writer.uint32(TEMPLATE_TAGS.version).string(version);
  for (const member of members) {
    if (member.name === undefined) refuse(where, 'a member has no name');
    writer.uint32(TEMPLATE_TAGS.metrics).fork();
    writeMetric(writer, member, form, depth);
    writer.ldelim();
  }
  for (const parameter of parameters) {
    writer.uint32(TEMPLATE_TAGS.parameters).fork();
    writeParameter(writer, parameter, where);
    writer.ldelim();
  }
  if (templateRef !== undefined) {
    checkName(templateRef, `the definition of ${where}`);
    writer.uint32(TEMPLATE_TAGS.templateRef).string(templateRef);
  }
  writer.uint32(TEMPLATE_TAGS.isDefinition).bool(templateRef === undefined);
}
