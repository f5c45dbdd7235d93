import type { Node, NodeAPI, NodeDef } from 'node-red';
import { settingsOf, TRANSPORT_KINDS, type MeterChoice, type MeterSettings } from '../src/acquisition/meter-settings';
import { METER_TAGS } from '../src/domain/reading';
import { ENERGY_CANDIDATE_NAMES } from '../src/meter/energy-candidates';
import { CATALOG_NUMBERS } from '../src/meter/identity';
import { QUIRKS } from '../src/meter/quirks';
import { DELIVERY_CHOICES } from '../src/transport/ethernet-ip/delivery-choice';
import { CONFIGURATION_INSTANCES } from '../src/transport/ethernet-ip/implicit-settings';
import { PARITIES } from '../src/transport/modbus/rtu-line';
import { registerAdmin } from './shared/admin';
import { onClose } from './shared/close';
import type { ConfigReader, NumberRange } from './shared/config';
import { sharedMeters, type MeterNode } from './shared/meters';
import { startNode } from './shared/start';

const TIMEOUT_RANGE: NumberRange = { min: 100, max: 60_000, unit: 'ms' };
const INTERVAL_RANGE: NumberRange = { min: QUIRKS.minimumReadIntervalMs.value, max: 3_600_000, unit: 'ms' };
const RPI_RANGE: NumberRange = { min: QUIRKS.minimumRpiMs.value, max: 60_000, unit: 'ms' };
const MULTIPLIER_RANGE: NumberRange = { min: 4, max: 512, whole: true };
const CONFIGURATION_RANGE: NumberRange = { ...CONFIGURATION_INSTANCES, whole: true };
const RELEASE_RANGE: NumberRange = { min: 0, max: 60_000, unit: 'ms' };
const UNIT_ID_RANGE: NumberRange = { min: 0, max: 255, whole: true };
const BAUD_RANGE: NumberRange = { min: 1, max: 1_000_000, whole: true };

function readTags(config: ConfigReader<'pm500-meter'>): Readonly<Record<string, string>> {
  const pairs = METER_TAGS.map((tag) => [tag, config.text(tag)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}

/** What only implicit transports have. */
function readConnections(config: ConfigReader<'pm500-meter'>): Partial<MeterChoice> {
  const receivePort = config.optionalPort('localUdpPort');
  return {
    delivery: config.choice('delivery', DELIVERY_CHOICES),
    timeoutMultiplier: config.number('timeoutMultiplier', MULTIPLIER_RANGE),
    configurationInstance: config.number('configurationInstance', CONFIGURATION_RANGE),
    localAddress: config.text('localAddress'),
    ...(receivePort === undefined ? {} : { receivePort }),
  };
}

function readSettings(config: ConfigReader<'pm500-meter'>): MeterSettings {
  const transport = config.choice('transport', TRANSPORT_KINDS);
  const isModbusOverTcp = transport === 'modbus-tcp' || transport === 'modbus-rtu-tcp';
  return settingsOf({
    name: config.requiredText('name'),
    host: config.requiredText(transport === 'modbus-rtu' ? 'serialPath' : 'host'),
    transport,
    port: config.port(isModbusOverTcp ? 'modbusPort' : 'port'),
    enipPort: config.port('port'),
    connectTimeoutMs: config.number('connectTimeoutMs', TIMEOUT_RANGE),
    replyTimeoutMs: config.number('replyTimeoutMs', TIMEOUT_RANGE),
    minimumReadIntervalMs: config.number('minimumIntervalMs', INTERVAL_RANGE),
    rpiMs: config.number('rpiMs', RPI_RANGE),
    allowInputOnly: config.flag('allowInputOnly'),
    ...readConnections(config),
    unitId: config.number('unitId', UNIT_ID_RANGE),
    releaseAfterIdleMs: config.number('releaseAfterIdleMs', RELEASE_RANGE),
    baudRate: config.number('baudRate', BAUD_RANGE),
    parity: config.choice('parity', PARITIES),
    dropEcho: config.flag('dropEcho'),
    sharedWithPlc: config.flag('sharedWithPlc'),
    tags: readTags(config),
    catalogNumber: config.choice('catalogNumber', ['', ...CATALOG_NUMBERS.map((row) => row.catalogNumber)]),
    layoutFile: config.text('layoutFile'),
    energyLayout: config.choice('energyLayout', ['', ...ENERGY_CANDIDATE_NAMES]),
    layoutConfirmed: config.flag('layoutConfirmed'),
  });
}

/** One meter: who it is, how to reach it, and the session that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Pm500Meter(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-meter', definition, (config) => {
      const { session, release } = sharedMeters(RED).acquire(readSettings(config));
      Object.assign<Node, Pick<MeterNode, 'session'>>(this, { session });
      onClose(this, release);
    });
  }
  RED.nodes.registerType('pm500-meter', Pm500Meter, {});
};
