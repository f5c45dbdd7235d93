/** What the registry says of a certificate. */
export interface KnownCertificate {
  readonly id: string;
  /** ACTIVE, INACTIVE, REVOKED ... */
  readonly status: string;
  /** When its status became this one, epoch milliseconds. */
  readonly changedMs: number;
  /** Common name of its subject; edges bear the name of their thing there. */
  readonly commonName: string | undefined;
}

/** What cleaning up asks of the cloud. */
export interface CleanUpCloud {
  /** IDs of all that are revoked, whoever made them. */
  revoked(): AsyncIterable<string>;
  describe(id: string): Promise<KnownCertificate>;
  /** Things that a certificate is attached to. */
  thingsOf(id: string): Promise<readonly string[]>;
  isEdge(thing: string): Promise<boolean>;
  hasActiveCertificate(thing: string): Promise<boolean>;
  detachPolicies(id: string): Promise<void>;
  detachThing(id: string, thing: string): Promise<void>;
  /** Refused by the service for one that is active or still attached. */
  delete(id: string): Promise<void>;
}

export interface CleanUpReport {
  readonly deleted: readonly string[];
  /** With the reason, of those that are of edges and old enough. */
  readonly kept: readonly string[];
}

const DAY_MS = 86_400_000;

/** @returns why a certificate stays; empty where nobody can miss it */
async function reasonToKeep(
  { status, changedMs, commonName }: KnownCertificate,
  things: readonly string[],
  cloud: CleanUpCloud,
  { nowMs, keepDays }: { readonly nowMs: number; readonly keepDays: number },
): Promise<string> {
  if (status !== 'REVOKED') return 'not revoked';
  if (commonName === undefined || !(await cloud.isEdge(commonName))) return 'of no edge';
  if (nowMs - changedMs < keepDays * DAY_MS) return 'revoked lately';
  if (things.some((thing) => thing !== commonName)) return 'attached to another thing';
  return (await cloud.hasActiveCertificate(commonName)) ? '' : 'its thing has no active one';
}

/**
 * Deletes certificates that a rotation has revoked and that were kept for long enough. One that was detached by a run that was
 * ended is found again: all revoked ones are looked at, and not those of things.
 */
export async function cleanUp(
  cloud: CleanUpCloud,
  rules: { readonly nowMs: number; readonly keepDays: number },
): Promise<CleanUpReport> {
  const deleted: string[] = [];
  const kept: string[] = [];
  for await (const id of cloud.revoked()) {
    const things = await cloud.thingsOf(id);
    // Described last: what was looked up at the beginning may be another one by now.
    const reason = await reasonToKeep(await cloud.describe(id), things, cloud, rules);
    if (reason === '') {
      await cloud.detachPolicies(id);
      for (const thing of things) await cloud.detachThing(id, thing);
      await cloud.delete(id);
      deleted.push(id);
    } else if (reason.startsWith('attached') || reason.startsWith('its thing')) kept.push(`${id}: ${reason}`);
  }
  return { deleted, kept };
}
