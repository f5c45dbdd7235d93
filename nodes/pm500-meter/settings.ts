import { loadLayout } from '../../src/acquisition/layout-file';
import { checkLocalAddress, checkUnitId } from '../../src/acquisition/meter-settings';
import { meterRows } from '../../src/acquisition/meter-rows';
import { MESSAGING_KINDS, TRANSPORT_KINDS } from '../../src/acquisition/transport-kinds';
import { hostOf } from '../../src/acquisition/written-host';
import type { ShownWhen } from '../../src/support/shown-when';
import { field, given, nodeForm, widget, type FieldCheck } from '../shared/field';
import { PM500 } from '../../src/meters/pm500';

const METER_ROWS = meterRows(PM500);

const IMPLICIT: ShownWhen = { transport: ['listen-only', 'input-only', 'auto'] };
const ETHERNET_IP: ShownWhen = { transport: MESSAGING_KINDS };
/** Over Modbus TCP the same meter's EtherNet/IP matters too: the two are never used at the same time. */
const HAS_ETHERNET_IP: ShownWhen = { transport: [...MESSAGING_KINDS, 'modbus-tcp'] };
const SERIAL: ShownWhen = { transport: ['modbus-rtu', 'modbus-rtu-tcp'] };
const SERIAL_PORT: ShownWhen = { transport: ['modbus-rtu'] };
const MODBUS: ShownWhen = { transport: ['modbus-tcp', 'modbus-rtu', 'modbus-rtu-tcp'] };
const NETWORK: ShownWhen = { transport: TRANSPORT_KINDS.filter((kind) => kind !== 'modbus-rtu') };

/** Units of a serial line have other numbers than those of Modbus TCP. */
const unitCheck: FieldCheck = (value, { valueOf }) => {
  const transport = valueOf('transport');
  if (transport === 'modbus-tcp' || transport === 'modbus-rtu' || transport === 'modbus-rtu-tcp')
    checkUnitId('Modbus', transport, Number(value));
};

/** What a meter can be set to. */
export const FORM = nodeForm({
  isConfig: true,
  folded: ['tags', 'connections', 'limits'],
  fields: {
    name: field(METER_ROWS.name, { icon: 'tag' }),
    transport: field(METER_ROWS.transport, { icon: 'exchange' }),
    host: field(METER_ROWS.host, {
      icon: 'globe',
      shownWhen: NETWORK,
      check: given((text) => hostOf('Host', text)),
    }),
    find: widget({ shownWhen: HAS_ETHERNET_IP }),
    port: field(METER_ROWS.port, {
      icon: 'plug',
      shownWhen: HAS_ETHERNET_IP,
      tipWhen: { transport: ['modbus-tcp'] },
    }),
    modbusPort: field(METER_ROWS.modbusPort, {
      icon: 'plug',
      shownWhen: { transport: ['modbus-tcp', 'modbus-rtu-tcp'] },
    }),
    serialPath: field(METER_ROWS.serialPath, { icon: 'plug', shownWhen: SERIAL_PORT }),
    baudRate: field(METER_ROWS.baudRate, { icon: 'tachometer', short: true, shownWhen: SERIAL_PORT }),
    parity: field(METER_ROWS.parity, { icon: 'check-square-o', short: true, shownWhen: SERIAL_PORT }),
    unitId: field(METER_ROWS.unitId, { icon: 'hashtag', shownWhen: MODBUS, check: unitCheck }),
    dropEcho: field(METER_ROWS.dropEcho, { shownWhen: SERIAL }),
    rpiMs: field(METER_ROWS.rpiMs, { icon: 'clock-o', shownWhen: IMPLICIT }),
    allowInputOnly: field(METER_ROWS.allowInputOnly, { shownWhen: { transport: ['auto'] } }),
    sharedWithPlc: field(METER_ROWS.sharedWithPlc, { shownWhen: HAS_ETHERNET_IP }),
    catalogNumber: field(METER_ROWS.catalogNumber, { icon: 'barcode' }),
    connection: widget(),
    site: field(METER_ROWS.site, { icon: 'industry', section: 'tags' }),
    area: field(METER_ROWS.area, { icon: 'map-o', section: 'tags' }),
    line: field(METER_ROWS.line, { icon: 'sitemap', section: 'tags' }),
    asset: field(METER_ROWS.asset, { icon: 'cube', section: 'tags' }),
    layoutFile: field(METER_ROWS.layoutFile, {
      icon: 'file-text-o',
      section: 'layout',
      shownWhen: ETHERNET_IP,
      check: given((text) => loadLayout(PM500, text)),
    }),
    energyLayout: field(METER_ROWS.energyLayout, { icon: 'list-ol', section: 'layout', shownWhen: ETHERNET_IP }),
    layoutConfirmed: field(METER_ROWS.layoutConfirmed, { section: 'layout' }),
    layoutCheck: widget({ section: 'layout', shownWhen: ETHERNET_IP }),
    delivery: field(METER_ROWS.delivery, { icon: 'random', section: 'connections', shownWhen: IMPLICIT }),
    localUdpPort: field(METER_ROWS.localUdpPort, { icon: 'plug', section: 'connections', shownWhen: IMPLICIT }),
    localAddress: field(METER_ROWS.localAddress, {
      icon: 'sitemap',
      section: 'connections',
      shownWhen: IMPLICIT,
      check: given((text) => {
        checkLocalAddress('Receiving', text);
      }),
    }),
    timeoutMultiplier: field(METER_ROWS.timeoutMultiplier, {
      icon: 'heartbeat',
      section: 'connections',
      shownWhen: IMPLICIT,
    }),
    configurationInstance: field(METER_ROWS.configurationInstance, {
      icon: 'cog',
      section: 'connections',
      shownWhen: IMPLICIT,
    }),
    connectTimeoutMs: field(METER_ROWS.connectTimeoutMs, { icon: 'hourglass-start', section: 'limits' }),
    replyTimeoutMs: field(METER_ROWS.replyTimeoutMs, { icon: 'hourglass-end', section: 'limits' }),
    minimumIntervalMs: field(METER_ROWS.minimumIntervalMs, { icon: 'shield', section: 'limits' }),
    releaseAfterIdleMs: field(METER_ROWS.releaseAfterIdleMs, {
      icon: 'chain-broken',
      section: 'limits',
      shownWhen: { transport: ['modbus-tcp'] },
    }),
  },
});
