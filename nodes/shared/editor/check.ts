import { fitsNumber, optionFor, type NumberSetting, type Setting } from '../../../src/support/setting';
import { textOf, type Values } from './values';

/** What is wrong with a value: the key of a sentence in the catalog, with values for it. */
export interface FieldComplaint {
  readonly key: string;
  readonly values?: Values;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isEmpty = (value: unknown): boolean => textOf(value).trim() === '';

/** True for an environment variable, whose value only the runtime knows. */
const isVariable = (value: unknown): boolean => isText(value) && /^\$\{[^}]+\}$/.test(value.trim());

/** JSON, or the path of a file with it. */
function isJsonOrPath(value: string): boolean {
  if (!/^\s*[[{]/.test(value)) return true;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function outOfRange({ min, max, unit = '', whole = false }: NumberSetting): FieldComplaint {
  return {
    key: whole ? 'error.wholeNumber' : 'error.number',
    values: { min, max, unit: unit === '' ? '' : ` ${unit}` },
  };
}

/**
 * What is wrong with the value of a field, as far as the browser can tell; the runtime has the last word.
 * @param value undefined where a saved flow leaves it out: then the default counts
 */
export function complaintOf(name: string, setting: Setting, value: unknown): FieldComplaint | undefined {
  if (value === undefined || isVariable(value)) return undefined;
  const own: FieldComplaint = { key: `error.${name}` };
  switch (setting.kind) {
    case 'number': {
      if (setting.default === '' && isEmpty(value)) return undefined;
      return fitsNumber(setting, value) ? undefined : outOfRange(setting);
    }
    case 'text': {
      if (isEmpty(value)) return setting.required === true ? own : undefined;
      const fits = setting.pattern === undefined || new RegExp(setting.pattern).test(textOf(value).trim());
      return fits ? undefined : own;
    }
    case 'code':
      if (isEmpty(value)) return setting.required === true ? own : undefined;
      return setting.language === 'jsonata' || isJsonOrPath(textOf(value)) ? undefined : { key: 'error.json' };
    case 'node':
      return setting.required === true && (isEmpty(value) || value === '_ADD_') ? own : undefined;
    case 'choice':
      return optionFor(setting, value) === undefined ? { key: 'error.choice' } : undefined;
    case 'choices':
      if (!Array.isArray(value) || value.some((each) => optionFor(setting, each) === undefined))
        return { key: 'error.choice' };
      return setting.required === true && value.length === 0 ? own : undefined;
    case 'numbers': {
      const all = Object.values(value as object);
      const fits = all.every((each) => isEmpty(each) || isVariable(each) || fitsNumber(setting.of, each));
      return fits ? undefined : outOfRange(setting.of);
    }
    case 'secret': {
      const fits = setting.pattern === undefined || new RegExp(setting.pattern).test(textOf(value).trim());
      return isEmpty(value) || fits ? undefined : own;
    }
    case 'flag':
    case 'list':
      return undefined;
  }
}
