import type { Node, NodeAPI, NodeDef } from 'node-red';
import { MESSAGING_KINDS, settingsOf, type MeterSettings } from '../src/acquisition/meter-settings';
import { METER_TAGS } from '../src/domain/reading';
import { CATALOG_NUMBERS } from '../src/meter/identity';
import { QUIRKS } from '../src/meter/quirks';
import { onClose } from './shared/close';
import type { ConfigReader, NumberRange } from './shared/config';
import { sharedMeters, type MeterNode } from './shared/meters';
import { startNode } from './shared/start';

const TIMEOUT_RANGE: NumberRange = { min: 100, max: 60_000, unit: 'ms' };
const INTERVAL_RANGE: NumberRange = { min: QUIRKS.minimumReadIntervalMs.value, max: 3_600_000, unit: 'ms' };
const RPI_RANGE: NumberRange = { min: QUIRKS.minimumRpiMs.value, max: 60_000, unit: 'ms' };

function readTags(config: ConfigReader<'pm500-meter'>): Readonly<Record<string, string>> {
  const pairs = METER_TAGS.map((tag) => [tag, config.text(tag)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}

function readSettings(config: ConfigReader<'pm500-meter'>): MeterSettings {
  return settingsOf({
    name: config.requiredText('name'),
    host: config.requiredText('host'),
    port: config.port('port'),
    connectTimeoutMs: config.number('connectTimeoutMs', TIMEOUT_RANGE),
    replyTimeoutMs: config.number('replyTimeoutMs', TIMEOUT_RANGE),
    minimumReadIntervalMs: config.number('minimumIntervalMs', INTERVAL_RANGE),
    transport: config.choice('transport', MESSAGING_KINDS),
    rpiMs: config.number('rpiMs', RPI_RANGE),
    allowInputOnly: config.flag('allowInputOnly'),
    tags: readTags(config),
    catalogNumber: config.choice('catalogNumber', ['', ...CATALOG_NUMBERS.map((row) => row.catalogNumber)]),
    layoutFile: config.text('layoutFile'),
    layoutConfirmed: config.flag('layoutConfirmed'),
  });
}

/** One meter: who it is, how to reach it, and the session that all nodes share. */
export = (RED: NodeAPI): void => {
  function Pm500Meter(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-meter', definition, (config) => {
      const { session, release } = sharedMeters(RED).acquire(readSettings(config));
      Object.assign<Node, Pick<MeterNode, 'session'>>(this, { session });
      onClose(this, release);
    });
  }
  RED.nodes.registerType('pm500-meter', Pm500Meter, {});
};
