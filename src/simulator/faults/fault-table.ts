import { COUNTER_FAULTS } from './counter-fault-rows';
import type { FaultRow } from './fault-row';
import { OVERLOAD_CHOICES, OVERLOAD_PATTERNS } from '../model/overload';

const percent = { kind: 'number', min: 1, max: 100, unit: '%' } as const;
const status = { kind: 'number', min: 0, max: 0xffff, whole: true, unit: '' } as const;

/** A serial number has 32 bits; which of them a meter has, its model says. */
const LARGEST_SERIAL_NUMBER = 0xffff_ffff;

/**
 * Every fault by name: the one place that the command line, the node, its help and the documents take them from. What a
 * fault does to values follows from the model of the meter, so that the values still fit each other.
 */
export const FAULTS = [
  {
    name: 'silence',
    label: 'Silence',
    reaches: ['EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [],
    does: 'accepts connections and requests, and never answers; it sends no class 1 frames.',
  },
  {
    name: 'delay',
    label: 'Late replies',
    reaches: ['EtherNet/IP', 'Modbus'],
    parameters: [{ name: 'delayMs', label: 'By', kind: 'number', min: 1, max: 60_000, unit: 'ms', default: 500 }],
    does: 'answers every request later than it should.',
  },
  {
    name: 'reset',
    label: 'Connections reset',
    reaches: ['EtherNet/IP', 'Modbus'],
    parameters: [],
    instant: true,
    does: 'resets every TCP connection (RST), once.',
  },
  {
    name: 'refuse',
    label: 'Connections refused',
    reaches: ['EtherNet/IP', 'Modbus'],
    parameters: [],
    does: 'listens on TCP no more and closes what was connected; class 1 connections go on.',
  },
  {
    name: 'truncate',
    label: 'Replies cut short',
    reaches: ['EtherNet/IP', 'Modbus'],
    parameters: [
      { name: 'keepBytes', label: 'Keeps', kind: 'number', min: 0, max: 500, whole: true, unit: 'bytes', default: 10 },
    ],
    does: 'sends only the first bytes of each reply.',
  },
  {
    name: 'garbage',
    label: 'Random bytes',
    reaches: ['EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [],
    does: 'sends random bytes of the same length in place of each reply and frame.',
  },
  {
    name: 'wrong-size',
    label: 'Data of another length',
    reaches: ['EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [
      { name: 'bytes', label: 'Longer by', kind: 'number', min: -72, max: 72, whole: true, unit: 'bytes', default: -4 },
    ],
    does: 'gives data longer or shorter than the table says, as firmware with another layout would.',
  },
  {
    name: 'cip-error',
    label: 'CIP error',
    reaches: ['EtherNet/IP'],
    parameters: [
      { ...status, name: 'generalStatus', label: 'General status', min: 1, max: 0xff, default: 0x10 },
      { ...status, name: 'extendedStatus', label: 'Extended status (0 = none)', default: 0 },
      { name: 'to', label: 'Answers', kind: 'choice', choices: ['reads', 'connections', 'all'], default: 'reads' },
    ],
    does: 'refuses reads of assemblies, Forward Opens, or every CIP request with this status.',
  },
  {
    name: 'modbus-exception',
    label: 'Modbus exception',
    reaches: ['Modbus'],
    parameters: [{ ...status, name: 'exception', label: 'Exception code', min: 1, max: 0xff, default: 4 }],
    does: 'answers every Modbus request with this exception.',
  },
  {
    name: 'busy-socket',
    label: 'Modbus socket taken',
    reaches: ['Modbus', 'EtherNet/IP'],
    parameters: [
      {
        name: 'everyMs',
        label: 'Asks every (0 = never)',
        kind: 'number',
        min: 0,
        max: 60_000,
        unit: 'ms',
        default: 0,
      },
    ],
    does: 'has its one Modbus socket taken by another client, whose requests suspend EtherNet/IP.',
  },
  {
    name: 'owner-lost',
    label: 'Owner lost',
    reaches: ['PLC', 'class 1'],
    parameters: [],
    does: 'loses its owner: the simulated PLC is without power; without one, all Input Only connections end. Listen Only ends with them.',
  },
  {
    name: 'reboot',
    label: 'Reboot',
    reaches: ['EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [],
    durationMs: 5000,
    does: 'restarts: every connection is gone and forgotten, nothing listens until it is back.',
  },
  {
    name: 'drop-frames',
    label: 'Frames lost',
    reaches: ['class 1'],
    parameters: [{ ...percent, name: 'percent', label: 'Share', default: 30 }],
    does: 'loses some of its class 1 frames on the way.',
  },
  {
    name: 'late-frames',
    label: 'Frames late',
    reaches: ['class 1'],
    parameters: [{ name: 'delayMs', label: 'By', kind: 'number', min: 1, max: 10_000, unit: 'ms', default: 300 }],
    does: 'sends class 1 frames that arrive later than they should.',
  },
  {
    name: 'duplicate-frames',
    label: 'Frames twice',
    reaches: ['class 1'],
    parameters: [],
    does: 'sends every class 1 frame twice.',
  },
  {
    name: 'reordered-frames',
    label: 'Frames out of order',
    reaches: ['class 1'],
    parameters: [],
    does: 'sends class 1 frames in pairs, the newer one first.',
  },
  {
    name: 'overload',
    label: 'Overload',
    reaches: ['values'],
    parameters: [
      { name: 'of', label: 'Values', kind: 'choice', choices: OVERLOAD_CHOICES, default: 'all' },
      { name: 'as', label: 'Shown as', kind: 'choice', choices: OVERLOAD_PATTERNS, default: '7FFFFFFF' },
    ],
    does: 'shows no numbers for instantaneous values, as one beyond its range.',
  },
  {
    name: 'frozen',
    label: 'Values stand still',
    reaches: ['values'],
    parameters: [],
    does: 'answers, but with the values of the moment in which the fault began.',
  },
  {
    name: 'phase-loss',
    label: 'Phase lost',
    reaches: ['values'],
    parameters: [{ name: 'phase', label: 'Phase', kind: 'number', min: 1, max: 3, whole: true, unit: '', default: 1 }],
    does: 'has no voltage on one phase; its load and its energy are missing.',
  },
  {
    name: 'wrong-rotation',
    label: 'Wrong rotation',
    reaches: ['values'],
    parameters: [],
    does: 'sees its phases in the order L1-L3-L2: phase sequence -1.',
  },
  {
    name: 'voltage',
    label: 'Another voltage',
    reaches: ['values'],
    parameters: [
      { name: 'percent', label: 'Of the usual', kind: 'number', min: 10, max: 200, unit: '%', default: 85 },
      { name: 'phase', label: 'Phase (0 = all)', kind: 'number', min: 0, max: 3, whole: true, unit: '', default: 0 },
    ],
    does: 'sees a supply of another voltage, on one phase or on all; the load takes the same power.',
  },
  {
    name: 'frequency',
    label: 'Another frequency',
    reaches: ['values'],
    parameters: [{ name: 'percent', label: 'Of the usual', kind: 'number', min: 80, max: 110, unit: '%', default: 98 }],
    does: 'sees a supply of another frequency.',
  },
  {
    name: 'clock-jump',
    label: 'Clock jump',
    reaches: ['values'],
    parameters: [
      {
        name: 'seconds',
        label: 'Forward by (negative: back)',
        kind: 'number',
        min: -31_536_000,
        max: 31_536_000,
        unit: 's',
        default: 3600,
      },
    ],
    instant: true,
    does: 'has its simulated clock set: counters and demand jump with it.',
  },
  {
    name: 'meter-replaced',
    label: 'Meter replaced',
    reaches: ['values', 'EtherNet/IP', 'class 1', 'Modbus'],
    parameters: [
      {
        name: 'serialNumber',
        label: 'Serial number (0 = the next)',
        kind: 'number',
        min: 0,
        max: LARGEST_SERIAL_NUMBER,
        whole: true,
        unit: '',
        default: 0,
      },
    ],
    instant: true,
    does: 'is replaced by another one: all connections are reset, serial number and counters are new.',
  },
  ...COUNTER_FAULTS,
] as const satisfies readonly FaultRow[];

export type FaultName = (typeof FAULTS)[number]['name'];

/** Rows by name, without the literal types. */
export const FAULT_ROWS: ReadonlyMap<string, FaultRow & { readonly name: FaultName }> = new Map(
  FAULTS.map((row) => [row.name, row]),
);
