import { QUIRKS } from '../../src/meter/quirks';

/**
 * The default of every configuration property, written once: the build puts them into the editor's forms, and a flow
 * that was saved before a property existed gets them when it is read. Adding a property here needs no migration.
 */
export const DEFAULTS = {
  'pm500-meter': {
    name: '',
    configVersion: 1,
    host: '',
    port: QUIRKS.enipPort.value,
    transport: 'ucmm',
    rpiMs: 500,
    allowInputOnly: false,
    site: '',
    area: '',
    line: '',
    asset: '',
    catalogNumber: '',
    connectTimeoutMs: 3000,
    replyTimeoutMs: 2000,
    minimumIntervalMs: QUIRKS.minimumReadIntervalMs.value,
    layoutFile: '',
    layoutConfirmed: false,
  },
  'pm500-poll': {
    name: '',
    configVersion: 1,
    meter: '',
    mode: 'interval',
    intervalMs: 1000,
    groups: ['realtime'],
  },
  'pm500-normalize': { name: '', configVersion: 1, shape: 'telemetry' },
  'sparkplug-edge': {
    name: '',
    configVersion: 1,
    host: '',
    port: 1883,
    useTls: false,
    tls: '',
    groupId: '',
    edgeNodeId: '',
    primaryHostId: '',
    keepAliveSeconds: 30,
  },
  'sparkplug-out': { name: '', configVersion: 1, edge: '', deviceId: '' },
  'influx-target': {
    name: '',
    configVersion: 1,
    url: '',
    org: '',
    bucket: '',
    tls: '',
    batchLines: 5000,
    flushMs: 1000,
    timeoutMs: 10_000,
    maximumMegabytes: 100,
  },
  'influx-out': {
    name: '',
    configVersion: 1,
    target: '',
    influxMeasurement: 'powermonitor_500',
    acknowledge: 'queued',
  },
  'pm500-sim': {
    name: '',
    configVersion: 1,
    bind: '127.0.0.1',
    port: QUIRKS.enipPort.value,
    catalogNumber: '1420-V2-ENT',
    serialNumber: 940_000_001,
    seed: 1,
    load: 'csv',
    csvFile: '',
    speed: 1,
    activePowerKw: 100,
    count: 1,
    addressing: 'port',
    modbusPort: '',
    plc: false,
    plcRpiMs: 500,
  },
} as const;

export type NodeType = keyof typeof DEFAULTS;
/** Names of the configuration properties of a node type. */
export type PropertyOf<Type extends NodeType> = keyof (typeof DEFAULTS)[Type] & string;
