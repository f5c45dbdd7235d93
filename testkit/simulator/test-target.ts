import { CipTarget } from '../../src/simulator/ethernet-ip/cip-target';
import { EncapsulationTarget, type FrameOutcome } from '../../src/simulator/ethernet-ip/encapsulation-target';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { SimulatedMeter } from '../../src/simulator/model/simulated-meter';
import { StatsRecorder } from '../../src/simulator/stats';
import { findCatalogNumber } from '../../src/simulator/model/supply';
import { decodeFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { FakeClock } from '../fake-clock';
import { PM500 } from '../../src/meters/pm500';

/** A simulated meter without sockets: bytes of a frame in, outcome out. */
export interface TestTarget {
  readonly meter: SimulatedMeter;
  readonly stats: StatsRecorder;
  readonly clock: FakeClock;
  handle(frame: Buffer): FrameOutcome;
  handleDatagram(frame: Buffer): Buffer | undefined;
}

export function createTarget({ catalogNumber = '1420-V2-ENT', speed = 1 } = {}): TestTarget {
  const clock = new FakeClock();
  const options = {
    catalogEntry: findCatalogNumber(PM500, catalogNumber),
    serialNumber: 940_000_001,
    seed: 1,
    load: constantProfile(50_000),
  };
  const meter = new SimulatedMeter(PM500, options, clock, speed);
  const stats = new StatsRecorder(clock);
  let sessions = 0;
  const context = { meter, stats, cip: new CipTarget(meter, stats), nextSession: () => ++sessions };
  const target = new EncapsulationTarget(context, { address: '127.0.0.1', port: 44_818 });
  return {
    meter,
    stats,
    clock,
    handle: (frame) => target.handle(decodeFrame(frame)),
    handleDatagram: (frame) => target.handleDatagram(decodeFrame(frame)),
  };
}
