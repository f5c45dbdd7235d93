/**
 * Local ports of connections whose end the other end may not know of, since it answered neither that nor a request. A
 * serial server or a meter with one client would refuse the next connection until it finds out, which can take minutes.
 * A connection from the same port makes it find out at once: it answers for the old one, and that is reset
 * (RFC 9293, 3.5.1).
 */
class HalfOpenPorts {
  private readonly ports = new Map<string, number>();

  /** @param where host and port of the other end */
  note(where: string, localPort: number | undefined): void {
    if (localPort !== undefined) this.ports.set(where, localPort);
  }

  /** The port to connect from, once; undefined for any. */
  take(where: string): number | undefined {
    const port = this.ports.get(where);
    this.ports.delete(where);
    return port;
  }
}

/** Those of this process: whoever reads another unit behind the same server connects in its place. */
export const processHalfOpenPorts = new HalfOpenPorts();
