import { lookup } from 'node:dns/promises';
import type { ResolveHost } from './link-claim';

/** Asks the operating system; a name that it does not know has no address, which connecting will say better. */
export const resolveSystemHost: ResolveHost = async (name) => {
  try {
    return (await lookup(name, { family: 4 })).address;
  } catch {
    return undefined;
  }
};
