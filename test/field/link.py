"""An Ethernet link between two network namespaces that does harm on demand.

Two tap interfaces are the ends of one cable; what leaves one enters the other. Orders come as JSON, one a line; each is
answered by "ok". An order sets the rules that hold from then on:

  drop        kinds of frames that are lost: all, arp, tcp, udp, icmp, rst
  way         which way the rules hold: both (default), to_meter, to_host
  loss, duplicate, corrupt, mangle, reorder   share of frames, 0 to 1
  delay_ms    of every frame, jitter_ms more by chance without keeping the order
  bytes_per_s what the link carries, each way; more waits, and beyond a second of it is lost
  closed      TCP ports that a firewall refuses with RST
  rst         true: ends every TCP connection seen so far with RST, on both sides, once

"corrupt" turns one bit anywhere and leaves the checksums as they are, as a bad cable does. "mangle" turns one bit in the
header of what the meter says and corrects the checksum, as a broken proxy does.
"""

import fcntl, heapq, itertools, json, os, random, select, struct, sys, time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FIN, SYN, RST, ACK = 1, 2, 4, 16
LONGEST_QUEUE_S = 1
KNOWN_FLOWS = 4096


def open_tap(name):
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return handle


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Frame:
    """What is needed of one Ethernet frame."""

    def __init__(self, data):
        self.data = data
        self.kind = "other"
        ethertype = struct.unpack_from("!H", data, 12)[0] if len(data) >= 14 else 0
        if ethertype == 0x0806:
            self.kind = "arp"
        if ethertype != 0x0800 or len(data) < 34:
            return
        self.ip_length = (data[14] & 15) * 4
        self.at = 14 + self.ip_length
        self.end = 14 + struct.unpack_from("!H", data, 16)[0]
        self.kind = {1: "icmp", 6: "tcp", 17: "udp"}.get(data[23], "other")
        if self.kind == "tcp":
            self.ports = struct.unpack_from("!HH", data, self.at)
            self.sequence, self.acknowledged = struct.unpack_from("!II", data, self.at + 4)
            self.flags = data[self.at + 13]
            self.payload = self.at + (data[self.at + 12] >> 4) * 4
        elif self.kind == "udp":
            self.payload = self.at + 8

    def mangled(self):
        """One bit of the first bytes of the payload turned, checksum corrected; the frame itself when it has none."""
        if self.kind not in ("tcp", "udp") or self.end <= self.payload:
            return self.data
        # EtherNet/IP: command, length, session of the header; class 1: count, type and length of the first item, since
        # another connection id with a right checksum is another connection; Modbus TCP: transaction, protocol, length,
        # unit, function; RTU: any.
        header = 6 if self.kind == "udp" else 8
        place = self.payload + random.randrange(min(header, self.end - self.payload))
        data = bytearray(self.data)
        data[place] ^= 1 << random.randrange(8)
        field = self.at + (16 if self.kind == "tcp" else 6)
        data[field : field + 2] = b"\0\0"
        pseudo = bytes(data[26:34]) + struct.pack("!BBH", 0, data[23], self.end - self.at)
        struct.pack_into("!H", data, field, checksum(pseudo + bytes(data[self.at : self.end])) or 0xFFFF)
        return bytes(data)

    def corrupted(self):
        data = bytearray(self.data)
        if len(data) > 34:
            data[random.randrange(34, len(data))] ^= 1 << random.randrange(8)
        return bytes(data)


def reset_frame(like, sequence, acknowledged, flags, back):
    """A TCP segment without data: of the connection of `like`, in its direction or back."""
    data, at = like.data, like.at
    macs = data[6:12] + data[0:6] if back else data[0:12]
    addresses = data[30:34] + data[26:30] if back else data[26:34]
    ports = like.ports[::-1] if back else like.ports
    header = struct.pack("!BBHHHBBH", 0x45, 0, 40, random.randrange(65536), 0x4000, 64, 6, 0) + addresses
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    tcp = struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 0x50, flags, 0, 0, 0)
    total = checksum(addresses + struct.pack("!BBH", 0, 6, 20) + tcp)
    return macs + b"\x08\x00" + header + tcp[:16] + struct.pack("!H", total) + tcp[18:]


class Link:
    def __init__(self, host, meter):
        self.taps = {"to_meter": meter, "to_host": host}
        self.rules = {}
        self.flows = {}
        self.waiting = []
        self.order = itertools.count()
        self.free_at = {"to_meter": 0.0, "to_host": 0.0}

    def obey(self, order):
        if order.get("rst"):
            for way, frame in list(self.flows.values()):
                # As if the other end had sent it: the sequence number that is expected next.
                self.put(self.other(way), reset_frame(frame, frame.acknowledged, 0, RST, True))
            self.flows.clear()
        else:
            self.rules = order

    @staticmethod
    def other(way):
        return "to_host" if way == "to_meter" else "to_meter"

    def put(self, way, data):
        try:
            os.write(self.taps[way], data)
        except OSError:
            # An interface that is down loses what comes, as a cable that is not plugged in.
            pass

    def take(self, way, data):
        frame = Frame(data)
        rules = self.rules
        if frame.kind == "tcp":
            key = (frame.data[26:34], frame.ports)
            if frame.flags & (RST | FIN):
                self.flows.pop(key, None)
            elif frame.flags & ACK and len(self.flows) < KNOWN_FLOWS:
                self.flows[key] = (way, frame)
        if rules.get("way", "both") not in ("both", way):
            self.put(way, data)
            return
        drop = rules.get("drop", ())
        if "all" in drop or frame.kind in drop or ("rst" in drop and frame.kind == "tcp" and frame.flags & RST):
            return
        if frame.kind == "tcp" and self.refuse(way, frame):
            return
        if random.random() < rules.get("loss", 0):
            return
        if random.random() < rules.get("corrupt", 0):
            data = frame.corrupted()
        if way == "to_host" and random.random() < rules.get("mangle", 0):
            data = frame.mangled()
        for _ in range(2 if random.random() < rules.get("duplicate", 0) else 1):
            self.send(way, data)

    def refuse(self, way, frame):
        closed = self.rules.get("closed", ())
        if not any(port in closed for port in frame.ports):
            return False
        if way == "to_meter" and not frame.flags & RST:
            length = frame.end - frame.payload + bool(frame.flags & SYN) + bool(frame.flags & FIN)
            if frame.flags & ACK:
                answer = reset_frame(frame, frame.acknowledged, 0, RST, True)
            else:
                answer = reset_frame(frame, 0, frame.sequence + length, RST | ACK, True)
            self.put("to_host", answer)
        return True

    def send(self, way, data):
        rules, now = self.rules, time.monotonic()
        due = now + rules.get("delay_ms", 0) / 1000 + random.random() * rules.get("jitter_ms", 0) / 1000
        if random.random() < rules.get("reorder", 0):
            due += 0.05
        if "bytes_per_s" in rules:
            start = max(now, self.free_at[way])
            if start - now > LONGEST_QUEUE_S:
                return
            self.free_at[way] = start + len(data) / rules["bytes_per_s"]
            due += self.free_at[way] - now
        if due <= now:
            self.put(way, data)
        else:
            heapq.heappush(self.waiting, (due, next(self.order), way, data))

    def run(self, orders):
        ways = {self.taps["to_host"]: "to_meter", self.taps["to_meter"]: "to_host"}
        text = b""
        while True:
            left = self.waiting[0][0] - time.monotonic() if self.waiting else None
            ready, _, _ = select.select([*ways, orders], [], [], None if left is None else max(0, left))
            for handle in ready:
                if handle == orders:
                    chunk = os.read(orders, 65536)
                    if not chunk:
                        return
                    *lines, text = (text + chunk).split(b"\n")
                    for line in lines:
                        self.obey(json.loads(line))
                        print("ok", flush=True)
                    continue
                try:
                    for _ in range(64):
                        self.take(ways[handle], os.read(handle, 65536))
                except OSError:
                    pass
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, way, data = heapq.heappop(self.waiting)
                self.put(way, data)


if __name__ == "__main__":
    link = Link(open_tap(sys.argv[1]), open_tap(sys.argv[2]))
    print("ok", flush=True)
    link.run(sys.stdin.fileno())
