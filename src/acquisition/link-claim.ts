import { delay, type Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import { describeSocketError } from '../transport/ethernet-ip/session/socket';
import type { MeterIdentity } from '../transport/transport';
import { canonicalHost, isHostName, linkKeyOf, meterKeyOf, whereOf } from './meter-address';
import type { LinkSettings } from './meter-settings';
import type { Claim, Protocol, ProtocolArbiter } from './protocol-arbiter';

/**
 * The address of a host name; undefined leaves the name to whoever connects. In bounded time; rejects as Node.js does, with
 * a code such as ENOTFOUND or EAI_AGAIN, when there is none.
 */
export type ResolveHost = (name: string) => Promise<string | undefined>;

/** How long a name that had an address is looked up before that one is used; the answer counts for the next attempt. */
const LOOKUP_PATIENCE_MS = 250;

/** The right of one connection to talk to its meter, and what happens to it. Modbus RTU needs none. */
export class LinkClaim {
  private readonly protocol: Protocol;
  private readonly key: string | undefined;
  private held: Claim | undefined;
  private known: string | undefined;
  /** True while the last lookup has not found it. */
  private isStale = false;

  /** @param onRevoked closes the connection, because the meter is somebody else's now */
  constructor(
    private readonly settings: LinkSettings,
    private readonly arbiter: ProtocolArbiter,
    private readonly resolveHost: ResolveHost | undefined,
    private readonly clock: Clock,
    private readonly onRevoked: (reason: Pm500Error) => Promise<void>,
  ) {
    this.protocol = settings.transport?.kind === 'modbus-tcp' ? 'modbus' : 'ethernet-ip';
    this.key = meterKeyOf(settings);
  }

  /** False once the right was taken back or released, and where there was none to take. */
  get isHeld(): boolean {
    return this.key === undefined || this.held !== undefined;
  }

  /** What all ways into this meter have in common; undefined when there is but one. */
  get meter(): string | undefined {
    return this.key;
  }

  /**
   * Takes the right, and waits until connections that had to make room are closed.
   * @throws Pm500Error METER_PROTOCOL_BUSY, METER_SHARED_WITH_PLC
   */
  async take(): Promise<void> {
    const { key, arbiter, protocol } = this;
    if (key === undefined || this.held !== undefined) return;
    let revoked: Pm500Error | undefined;
    this.held = arbiter.claim(key, {
      protocol,
      link: linkKeyOf(this.settings),
      isSharedWithPlc: this.settings.sharedWithPlc ?? false,
      onRevoked: (reason) => {
        revoked = reason;
        this.held = undefined;
        return this.onRevoked(reason);
      },
    });
    await arbiter.whenLeft(key);
    if (revoked !== undefined) throw toPm500Error(revoked);
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  /** Where to connect: what the last lookup gave, which need not have been the last attempt, or the host as it is set. */
  get address(): string {
    return this.known ?? this.settings.host;
  }

  /**
   * Looks the name up, once for the attempt to come. A name and its address are one meter. One whose name server is slow
   * is reached at its last address meanwhile, and waited for only once: attempts would come later than they are due.
   * @throws Pm500Error ENIP_CONNECT_FAILED or MODBUS_CONNECT_FAILED when it has no address and never had one
   */
  async lookUp(): Promise<void> {
    const { settings, resolveHost } = this;
    if (resolveHost === undefined || settings.transport?.kind === 'modbus-rtu' || !isHostName(settings.host)) return;
    const wasSilent = this.isStale;
    const asking = this.askFor(canonicalHost(settings.host), resolveHost);
    // Whoever does not wait for it uses what it has found the next time.
    asking.catch(() => undefined);
    if (this.known === undefined) await asking;
    else if (!wasSilent) await this.inPatience(asking);
  }

  /**
   * While its name cannot be looked up a meter is read at its last address, unless another device is there by now.
   * @param before what the meter said of itself when the connection was opened last
   * @throws Pm500Error ENIP_REPLY_MISMATCH
   */
  checkDevice(before: MeterIdentity | undefined, now: MeterIdentity | undefined): void {
    if (!this.isStale || before === undefined || now === undefined) return;
    if (!('serialNumber' in before && 'serialNumber' in now) || before.serialNumber === now.serialNumber) return;
    const address = this.known ?? '';
    this.known = undefined;
    throw new Pm500Error(
      'ENIP_REPLY_MISMATCH',
      `The name of ${whereOf(this.settings)} cannot be looked up, and at its last address ${address} another device answers (serial ${now.serialNumber}, not ${before.serialNumber}); check the name server.`,
      { retryable: true },
    );
  }

  private async askFor(name: string, resolveHost: ResolveHost): Promise<void> {
    const { settings, key, arbiter } = this;
    this.isStale = this.known !== undefined;
    try {
      this.known = (await resolveHost(name)) ?? this.known;
      this.isStale = false;
    } catch (cause) {
      if (this.known === undefined) throw this.lookupFailed(cause);
    }
    const met = this.known === undefined ? undefined : meterKeyOf(settings, this.known);
    if (key !== undefined && met !== undefined) arbiter.unite(key, met);
  }

  private async inPatience(asking: Promise<void>): Promise<void> {
    const over = new AbortController();
    try {
      await Promise.race([asking, delay(this.clock, LOOKUP_PATIENCE_MS, over.signal)]);
    } finally {
      over.abort();
    }
  }

  private lookupFailed(cause: unknown): Pm500Error {
    const isModbus = this.settings.transport?.kind.startsWith('modbus') === true;
    const code = isModbus ? 'MODBUS_CONNECT_FAILED' : 'ENIP_CONNECT_FAILED';
    const message = `No connection to ${whereOf(this.settings)}: ${describeSocketError(cause)}`;
    return new Pm500Error(code, message, { cause, retryable: true });
  }
}
