import { resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';
import { ConfigReader } from './config';
import { isShown, settingsIn, type Field } from './field';
import { isVariable } from './form-values';
import { DEFAULTS, fieldsOf, NODE_TYPES, type NodeType } from './forms';
import { readNormalizeSettings } from '../pm500-normalize/read-settings';
import { ownPath } from './user-dir';

/**
 * What the runtime would say of a form, by field, a sentence each; fields that it would take are not named. Sentences about a
 * part of a value stand by their path, too, such as `alarmRules[1].limit`.
 */
export type FormComplaints = Readonly<Record<string, string>>;

/** Sentences about a form as a whole, each of which begins with the name of a field or says which KPI it is about. */
const WHOLE: Readonly<Partial<Record<NodeType, (RED: NodeAPI, form: UnknownRecord) => readonly string[]>>> = {
  'pm500-normalize': (RED, form) => {
    const config = new ConfigReader('pm500-normalize', form);
    return config.passOver(() => readNormalizeSettings(RED, config).problems);
  },
};

/** Text comes from inputs with spaces around it. */
const trimmed = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);

function sentenceOf(thrown: unknown): string {
  return toPm500Error(thrown).message;
}

function complaintOf(
  RED: NodeAPI,
  { check }: Field,
  value: unknown,
  valueOf: (name: string) => unknown,
): string | undefined {
  if (check === undefined) return undefined;
  try {
    check(trimmed(value), { valueOf, resolve: (path) => resolve(ownPath(RED) ?? '.', path) });
    return undefined;
  } catch (thrown) {
    return sentenceOf(thrown);
  }
}

/** The field that a sentence is about. */
function fieldIn(sentence: string, names: readonly string[], otherwise: string): string {
  const [, first = ''] = /^(\w+)/.exec(sentence) ?? [];
  return names.find((name) => name === first) ?? otherwise;
}

/** Alarms of which a sentence says no path are named by their id. */
const FIELD_OF_OTHERS: Readonly<Record<string, string>> = { Alarm: 'alarmRules', The: 'tariff' };

/** The path of a part of a value, with which a sentence begins. */
const PART = /^\w+(?:\.\w+|\[\d+\])+/;

function wholeComplaints(RED: NodeAPI, type: NodeType, form: UnknownRecord): readonly (readonly [string, string])[] {
  const names = Object.keys(fieldsOf(type));
  const problems = WHOLE[type]?.(RED, form) ?? [];
  return problems.flatMap((sentence) => {
    const [, first = ''] = /^(\w+)/.exec(sentence) ?? [];
    const field = fieldIn(sentence, names, FIELD_OF_OTHERS[first] ?? 'kpis');
    const [path] = PART.exec(sentence) ?? [];
    return [[field, sentence] as const, ...(path?.startsWith(field) === true ? [[path, sentence] as const] : [])];
  });
}

/**
 * What the runtime would say of the values of a form, by its own rules. Nothing is asked of the network; fields that hold a
 * variable are known when they are deployed.
 * @throws Pm500Error CONFIG_INVALID, one sentence, where there is no form
 */
export function checkForm(RED: NodeAPI, body: unknown): FormComplaints {
  const { type: given, form } = isRecord(body) ? body : {};
  const type = NODE_TYPES.find((each) => each === given);
  if (type === undefined || !isRecord(form))
    throw new Pm500Error('CONFIG_INVALID', 'The form is missing; send it as "form", with its "type".');
  const defaults: UnknownRecord = { ...DEFAULTS[type] };
  const valueOf = (name: string): unknown => {
    const value = form[name];
    return value === undefined || isVariable(value) ? defaults[name] : value;
  };
  const own = settingsIn(fieldsOf(type)).flatMap(([name, field]) => {
    if (!isShown(field, valueOf) || isVariable(form[name])) return [];
    const sentence = complaintOf(RED, field, valueOf(name), valueOf);
    return sentence === undefined ? [] : [[name, sentence] as const];
  });
  const known = Object.fromEntries(Object.keys(defaults).map((name) => [name, valueOf(name)]));
  return Object.fromEntries([...wholeComplaints(RED, type, known), ...own].reverse());
}
