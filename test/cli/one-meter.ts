import { PM500 } from '../../src/meters/pm500';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';

/** One simulated meter with a constant load, for commands that ask it. */
export function startOneMeter(catalogNumber: string): Promise<Simulator> {
  const load = constantProfile(50_000);
  const meter = { bind: '127.0.0.1', enipPort: 0, catalogNumber, serialNumber: 940_000_321, seed: 1, load };
  return startSimulator(PM500, { meters: [meter] });
}
