import { silentLogger } from '../../src/support/logger';
import type { Clock } from '../../src/support/clock';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { ModbusServer } from '../../src/simulator/modbus/modbus-server';
import { ModbusTarget } from '../../src/simulator/modbus/modbus-target';
import { RegisterImage } from '../../src/simulator/modbus/register-image';
import { SimulatedMeter } from '../../src/simulator/model/simulated-meter';
import { findCatalogNumber } from '../../src/simulator/model/supply';
import { FakeClock } from '../fake-clock';
import { PM500 } from '../../src/meters/pm500';

/** A simulated meter whose time stands still, and its Modbus TCP server. */
export class ModbusBench {
  readonly meter: SimulatedMeter;
  readonly target: ModbusTarget;
  readonly server: ModbusServer;
  /** Signs of life that the server told. */
  activity = 0;
  port = 0;

  constructor(clock: Clock = new FakeClock(), idleTimeoutMs = 60_000) {
    const catalogEntry = findCatalogNumber(PM500, '1420-V2-ENT');
    const load = constantProfile(100_000);
    this.meter = new SimulatedMeter(PM500, { catalogEntry, serialNumber: 940_000_001, seed: 3, load }, clock, 1);
    this.target = new ModbusTarget(new RegisterImage(this.meter));
    this.server = new ModbusServer(this.target, {
      maximumSockets: PM500.quirks.modbusTcpSockets.value,
      bind: '127.0.0.1',
      port: 0,
      idleTimeoutMs,
      onActivity: () => this.activity++,
      logger: silentLogger,
    });
  }

  async open(): Promise<this> {
    this.port = await this.server.open();
    return this;
  }
}
