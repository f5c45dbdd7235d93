import type { Lab, LinkRules } from './lab';

/** One way in which a network or the device behind it fails. */
export interface NetworkFault {
  readonly name: string;
  readonly lastsS: number;
  readonly begin: (lab: Lab) => Promise<unknown>;
  readonly end: (lab: Lab) => Promise<unknown>;
  /** By how much it makes frames late at most, ms. */
  readonly latenessMs?: number;
  /**
   * True where connections are made and nothing is answered: a meter that answered before is left alone for up to five
   * seconds then.
   */
  readonly isMute?: true;
  /** True where a request may be under way when it ends: its reply is waited for, at most as long as the settings say. */
  readonly leavesRequests?: true;
}

const calm = (lab: Lab): Promise<unknown> => lab.harm({});

function onLink(name: string, lastsS: number, rules: LinkRules, latenessMs = 0): NetworkFault {
  return { name, lastsS, latenessMs, begin: (lab) => lab.harm(rules), end: calm };
}

/** Connections live on and lose something now and then. */
const lossy = (name: string, lastsS: number, rules: LinkRules, latenessMs = 0): NetworkFault => ({
  ...onLink(name, lastsS, rules, latenessMs),
  leavesRequests: true,
});

/** Frames that wait are passed on after the end; they are as late as the longest that waited. */
const SLOW_MS = 1500;

const cut = (lastsS: number): NetworkFault => onLink(`cut without RST ${lastsS} s`, lastsS, { drop: ['all'] });
const udpBlocked = (lastsS: number): NetworkFault => onLink(`UDP blocked ${lastsS} s`, lastsS, { drop: ['udp'] });

function powerCycle(offS: number): NetworkFault {
  return {
    name: `power cycle, ${offS} s off`,
    lastsS: offS,
    begin: async (lab) => {
      // What dies says no farewell.
      await lab.harm({ drop: ['all'] });
      await lab.order('power-off');
    },
    end: async (lab) => {
      await lab.order('power-on');
      await lab.harm({});
    },
  };
}

function hung(lastsS: number): NetworkFault {
  return {
    name: `firmware hangs ${lastsS} s`,
    lastsS,
    isMute: true,
    begin: (lab) => {
      lab.freeze();
      return Promise.resolve();
    },
    end: (lab) => {
      lab.thaw();
      return Promise.resolve();
    },
  };
}

/** The meter forgets its connections, and nothing that it says of that arrives. */
const halfOpen: NetworkFault = {
  name: 'half-open, RST lost',
  lastsS: 6,
  begin: async (lab) => {
    await lab.harm({ drop: ['all'] });
    await lab.order('power-off');
    await lab.order('power-on');
    await lab.harm({ drop: ['rst'], way: 'to_host' });
  },
  end: calm,
};

function nameServerSilent(name: string, lastsS: number, rules: LinkRules): NetworkFault {
  return {
    name,
    lastsS,
    begin: async (lab) => {
      lab.names.isSilent = true;
      await lab.harm(rules);
    },
    // It stays silent until all have recovered.
    end: calm,
  };
}

/** All of them, the short ones first. */
export const NETWORK_FAULTS: readonly NetworkFault[] = [
  onLink('RST', 1, { rst: true }),
  onLink('delay 300 ms', 8, { delay_ms: 300 }, 300),
  onLink('jitter up to 400 ms', 8, { jitter_ms: 400 }, 400),
  lossy('loss 10 %', 10, { loss: 0.1 }),
  lossy('loss 30 %', 10, { loss: 0.3 }),
  onLink('duplicate 50 %', 8, { duplicate: 0.5 }),
  onLink('reorder 30 %', 8, { reorder: 0.3 }, 50),
  lossy('bits turned 20 %', 8, { corrupt: 0.2 }),
  lossy('headers rewritten 20 %', 8, { mangle: 0.2 }),
  lossy('slow, 6 kB/s', 8, { bytes_per_s: 6000 }, SLOW_MS),
  onLink('ports closed', 6, { closed: [44818, 502, 4001] }),
  onLink('nothing to the meter', 8, { drop: ['all'], way: 'to_meter' }),
  onLink('nothing from the meter', 8, { drop: ['all'], way: 'to_host' }),
  onLink('TCP blocked 8 s', 8, { drop: ['tcp'] }),
  udpBlocked(6),
  halfOpen,
  {
    name: 'ARP gone',
    lastsS: 8,
    begin: async (lab) => {
      await lab.harm({ drop: ['arp'] });
      lab.forgetNeighbors();
    },
    end: calm,
  },
  {
    name: 'another MAC address',
    lastsS: 1,
    begin: (lab) => lab.order('new-hardware'),
    end: () => Promise.resolve(),
  },
  nameServerSilent('name server silent, RST', 1, { rst: true }),
  nameServerSilent('name server silent, cut', 8, { drop: ['all'] }),
  powerCycle(6),
  hung(8),
  cut(2),
  cut(8),
  cut(20),
  cut(47),
  cut(72),
  udpBlocked(20),
  hung(20),
  powerCycle(20),
  udpBlocked(72),
  cut(120),
];
