import type { MeterModel } from '../../meters/meter-model';
import { LAYOUT_CHECK_SCHEMA, WORDS } from './verdict';

const word = { enum: WORDS };
const texts = { type: 'array', items: { type: 'string' } };
const epochMilliseconds = { type: 'number', description: 'epoch milliseconds UTC' };

const element = {
  type: 'object',
  required: ['metric', 'element', 'verdict', 'evidence', 'alternatives'],
  properties: {
    metric: { type: 'string' },
    element: { type: 'integer', description: 'number of its first element as the manual prints it' },
    verdict: word,
    evidence: { ...texts, description: 'sentences with numbers' },
    alternatives: { ...texts, description: 'metrics that could stand here instead, as far as the values seen tell' },
  },
  additionalProperties: false,
};

const assembly = {
  type: 'object',
  required: ['assembly', 'title', 'verdict', 'elements'],
  properties: {
    assembly: { type: 'integer' },
    title: { type: 'string' },
    verdict: word,
    elements: { type: 'array', items: element },
  },
  additionalProperties: false,
};

const scale = {
  type: 'object',
  required: ['assembly', 'member', 'verdict', 'layoutValue', 'evidence'],
  properties: {
    assembly: { type: 'integer' },
    member: { enum: ['scale', 'pairScale'], description: 'member of the rows of a layout file' },
    verdict: word,
    layoutValue: { type: 'number' },
    suggestion: { type: 'number', description: 'what the layout file should say' },
    evidence: { type: 'string' },
  },
  additionalProperties: false,
};

const candidate = {
  type: 'object',
  required: ['name', 'description', 'source', 'verdict', 'evidence'],
  properties: {
    name: { type: 'string', description: 'stable: what settings and lists of meters call it' },
    description: { type: 'string' },
    source: { type: 'string' },
    verdict: word,
    evidence: { type: 'string' },
  },
  additionalProperties: false,
};

const energyLayout = {
  type: 'object',
  description: 'which of the named layouts of the energy counters the meter has',
  required: ['verdict', 'evidence', 'candidates'],
  properties: {
    verdict: { ...word, description: 'on the layout in use' },
    inUse: { type: 'string', description: 'the candidate that the layout in use is' },
    named: { type: 'string', description: 'the candidate that fits, once that is decided' },
    evidence: { type: 'string' },
    candidates: { type: 'array', items: candidate },
  },
  additionalProperties: false,
};

/** JSON Schema (draft 2020-12) of the outcome of a layout check of meters of one model. */
export function layoutCheckSchema({ wiring }: Pick<MeterModel, 'wiring'>): object {
  const mode = { enum: wiring.rows.map((row) => row.mode) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:pm500:layout-check:1',
    title: 'Outcome of a layout check, output of pm500 check --json',
    type: 'object',
    required: [
      'schema',
      'meter',
      'layout',
      'readings',
      'from',
      'to',
      'verdict',
      'wiring',
      'scales',
      'assemblies',
      'limits',
    ],
    properties: {
      schema: { const: LAYOUT_CHECK_SCHEMA },
      meter: {
        type: 'object',
        required: ['name', 'host'],
        properties: { name: { type: 'string' }, host: { type: 'string' } },
      },
      layout: { type: 'string' },
      readings: { type: 'integer' },
      from: epochMilliseconds,
      to: epochMilliseconds,
      verdict: word,
      wiring: {
        type: 'object',
        required: ['verdict', 'candidates', 'evidence'],
        properties: {
          verdict: word,
          configured: mode,
          candidates: { type: 'array', items: mode },
          evidence: { type: 'string' },
        },
        additionalProperties: false,
      },
      scales: { type: 'array', items: scale },
      assemblies: { type: 'array', items: assembly },
      energyLayout,
      rating: {
        type: 'object',
        description: 'voltages beside what the device measures directly; evidence, never a verdict',
        required: ['catalogNumber', 'isDirect', 'evidence'],
        properties: {
          catalogNumber: { type: 'string' },
          isDirect: { type: 'boolean', description: 'false where only a voltage transformer explains the voltages' },
          evidence: { type: 'string' },
        },
        additionalProperties: false,
      },
      limits: { ...texts, description: 'what no values can tell' },
    },
    additionalProperties: false,
  };
}
