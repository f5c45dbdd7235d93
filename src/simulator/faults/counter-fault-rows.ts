import { COUNTER_CHOICES } from '../model/counters';
import type { FaultRow } from './fault-row';

/** Faults of the energy counters of a simulated meter. */
export const COUNTER_FAULTS = [
  {
    name: 'counter-reset',
    label: 'Counters reset',
    reaches: ['values'],
    parameters: [{ name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'partial' }],
    instant: true,
    does: 'has counters set to zero.',
  },
  {
    name: 'counter-rollover',
    label: 'Counters near their limit',
    reaches: ['values'],
    parameters: [
      { name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'total' },
      { name: 'headroom', label: 'Below the limit', kind: 'number', min: 0, max: 1e9, unit: 'Wh', default: 100 },
    ],
    instant: true,
    does: 'has energy counters set just below their limit of 10 digits, so that they begin anew.',
  },
  {
    name: 'counter-set',
    label: 'Counters set',
    reaches: ['values'],
    parameters: [
      { name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'total' },
      {
        name: 'value',
        label: 'To',
        kind: 'number',
        min: 0,
        max: 9_999_999_999_900,
        whole: true,
        unit: 'Wh',
        default: 20_000_000,
      },
    ],
    instant: true,
    does: 'has energy counters set to a value, as another meter without a serial number, or one with another memory.',
  },
  {
    name: 'counter-shift',
    label: 'Counters moved',
    reaches: ['values'],
    parameters: [
      { name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'total' },
      { name: 'by', label: 'By', kind: 'number', min: -1e12, max: 1e12, whole: true, unit: 'Wh', default: -5000 },
    ],
    instant: true,
    does: 'has energy counters go back, as after a loss of power, or ahead, and count on from there.',
  },
  {
    name: 'counter-spike',
    label: 'Counters too high',
    reaches: ['values'],
    parameters: [
      { name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'total' },
      { name: 'by', label: 'By', kind: 'number', min: -1e12, max: 1e12, whole: true, unit: 'Wh', default: 9_113_000 },
    ],
    does: 'shows energy counters too high, or too low, and counts on behind that.',
  },
  {
    name: 'counter-zero',
    label: 'Counters show zero',
    reaches: ['values'],
    parameters: [{ name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'all' }],
    does: 'shows energy counters as zero, as a meter that is starting, and counts on behind that.',
  },
  {
    name: 'power-loss',
    label: 'Power lost, counters too',
    reaches: ['values', 'EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [
      { name: 'counters', label: 'Counters', kind: 'choice', choices: COUNTER_CHOICES, default: 'all' },
      { name: 'lost', label: 'Lost', kind: 'number', min: 0, max: 1e12, whole: true, unit: 'Wh', default: 5000 },
    ],
    durationMs: 5000,
    does: 'loses power and restarts: nothing listens until it is back, and its energy counters come back lower.',
  },
] as const satisfies readonly FaultRow[];
