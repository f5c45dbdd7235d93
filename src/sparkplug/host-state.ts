/** What a primary host says of itself (Sparkplug 3.0.0, 5.14): JSON with `online` and `timestamp`. */
export interface HostState {
  readonly online: boolean;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
}

/** Reads the payload of a STATE message; undefined when it is not what the specification says. */
export function parseHostState(payload: Uint8Array): HostState | undefined {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { online, timestamp } = content as { readonly online?: unknown; readonly timestamp?: unknown };
  if (typeof online !== 'boolean' || typeof timestamp !== 'number' || !Number.isFinite(timestamp)) return undefined;
  return { online, timestamp };
}

/** Follows the STATE of the primary host within one MQTT session. */
export class HostWatch {
  #last: HostState | undefined;

  /** True while the newest word of the host is that it is online. */
  get isOnline(): boolean {
    return this.#last?.online ?? false;
  }

  /**
   * Takes a STATE in; one that is older than the last is ignored, the first counts whatever its time.
   * @returns true when the state was taken over
   */
  take(state: HostState): boolean {
    if (this.#last !== undefined && state.timestamp < this.#last.timestamp) return false;
    this.#last = state;
    return true;
  }
}
