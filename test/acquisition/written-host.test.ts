import assert from 'node:assert/strict';
import { hostOf } from '../../src/acquisition/written-host';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { PM500 } from '../../src/meters/pm500';
import { throwsWith } from '../../testkit/expect-error';

describe('the host of a meter', () => {
  it('is an address or a name, with what people write around it', () => {
    for (const [written, host] of [
      ['10.0.0.5', '10.0.0.5'],
      [' 10.0.0.5\t', '10.0.0.5'],
      ['10.5', '10.5'],
      ['Meter_5.Plant.', 'Meter_5.Plant.'],
      ['zähler-5', 'zähler-5'],
      ['::1', '::1'],
      ['[fd00::5]', 'fd00::5'],
      ['fe80::1%eth0', 'fe80::1%eth0'],
      ['', ''],
    ] as const) {
      assert.equal(hostOf('Meter "m"', written), host);
    }
  });

  it('holds no port: the sentence says where that goes', () => {
    for (const [written, address, port] of [
      ['10.0.0.5:44818', '10.0.0.5', '44818'],
      ['meter-5:502', 'meter-5', '502'],
      ['[::1]:44818', '[::1]', '44818'],
    ] as const) {
      const { message } = throwsWith(() => hostOf('Meter "m"', written), 'CONFIG_INVALID');
      assert.equal(
        message,
        `Meter "m": "${written}" is an address with a port; write ${address} as the address, and ${port} as the port.`,
      );
    }
  });

  it('is nothing that no name server can know', () => {
    for (const written of [
      'http://10.0.0.5/',
      'my meter',
      '10.0.0.999',
      '1.2.3.4.5',
      '10.0.0.5/24',
      'a:b',
      'me@host',
    ]) {
      const { message } = throwsWith(() => hostOf('Meter "m"', written), 'CONFIG_INVALID');
      assert.match(message, /^Meter "m": ".+" is neither an address nor a name; write it like 192\.168\.1\.10 or/);
    }
  });

  it('is looked at wherever a meter is set, but for the path of a serial port', () => {
    throwsWith(() => settingsOf(PM500, { name: 'm', host: '10.0.0.5:44818' }), 'CONFIG_INVALID');
    throwsWith(() => settingsOf(PM500, { name: 'm', host: 'http://x', transport: 'modbus-rtu-tcp' }), 'CONFIG_INVALID');
    assert.equal(settingsOf(PM500, { name: 'm', host: ' [::1] ' }).host, '::1');
    const host = '/dev/serial/by-id/usb adapter:0';
    assert.equal(settingsOf(PM500, { name: 'm', host, transport: 'modbus-rtu' }).host, host);
  });
});
