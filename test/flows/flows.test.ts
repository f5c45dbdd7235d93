import { strict as assert } from 'node:assert';
import { DEFAULTS, type NodeType } from '../../nodes/shared/forms';
import { GROUPS } from '../../src/meters/pm500/groups';
import { entryOf, filled, listFlows, readFlow } from '../../testkit/node-red/reference-flows';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';

const OWN_TYPES = Object.keys(DEFAULTS) as NodeType[];
const NODE_HEIGHT = 30;
const CHARACTER_WIDTH = 9;
const NARROWEST_NODE = 100;
/** As Node-RED draws them: a label of letters of this width beside its icon, px. */
const CHARACTER = 7;
const ICON = 50;

interface Placed extends FlowEntry {
  readonly x: number;
  readonly y: number;
  readonly z: string;
  readonly wires: readonly (readonly string[])[];
}

const isPlaced = (entry: FlowEntry): entry is Placed => 'x' in entry && 'wires' in entry;

function widthOf({ name, type }: FlowEntry): number {
  return Math.max(NARROWEST_NODE, 60 + CHARACTER_WIDTH * (name === undefined || name === '' ? type : name).length);
}

function overlap(left: Placed, right: Placed): boolean {
  const apart = (widthOf(left) + widthOf(right)) / 2;
  return left.z === right.z && Math.abs(left.x - right.x) < apart && Math.abs(left.y - right.y) < NODE_HEIGHT + 10;
}

function pollOf(flow: readonly FlowEntry[]): readonly { intervalMs: number; groups: readonly string[] }[] {
  return flow
    .filter(({ type }) => type === 'pm500-poll')
    .map(({ intervalMs, groups }) => ({ intervalMs: intervalMs as number, groups: groups as readonly string[] }));
}

/** Where a node with simulated meters listens, EtherNet/IP and Modbus. */
function addressesOf({ bind, port, modbusPort, count }: FlowEntry): readonly string[] {
  const first = [Number(port), ...(modbusPort === '' ? [] : [Number(modbusPort)])];
  const ports = first.flatMap((from) => Array.from({ length: Number(count) }, (_, index) => from + index));
  return ports.map((each) => `${String(bind)}:${each}`);
}

/** Where the meters of a flow are looked for: those with settings of their own and those of lists. */
function metersOf(flow: readonly FlowEntry[]): readonly string[] {
  const listed = flow.flatMap(({ type, fleet }) => (type === 'pm500-poll' ? (fleet as readonly FlowEntry[]) : []));
  const meters = [...flow.filter(({ type }) => type === 'pm500-meter'), ...listed];
  return meters.map(({ host, port }) => `${String(host)}:${String(port)}`);
}

describe('reference flows', () => {
  for (const name of listFlows('flows')) {
    describe(name, () => {
      const flow = readFlow('flows', name).map(filled);
      const ids = flow.map(({ id }) => id);
      const tab = flow.find(({ type }) => type === 'tab');
      const placed = flow.filter(isPlaced);

      it('is one tab with a description and a comment that says what to see', () => {
        assert.equal(flow.filter(({ type }) => type === 'tab').length, 1);
        assert.ok(String(tab?.['info']).length > 100);
        assert.ok(flow.some(({ type, info }) => type === 'comment' && String(info).length > 200));
      });

      it('has readable IDs that name the flow, and none twice', () => {
        assert.equal(new Set(ids).size, ids.length);
        for (const id of ids) assert.match(id, new RegExp(`^${tab?.id ?? ''}(-[a-z-]+)?$`));
      });

      it('gives every node a name and a place of its own', () => {
        for (const entry of placed) {
          assert.notEqual(entry.name, '', entry.id);
          const others = placed.filter((other) => other !== entry && overlap(entry, other));
          assert.deepEqual(
            others.map(({ id }) => id),
            [],
            `over ${entry.id}`,
          );
        }
      });

      it('wires nodes that exist', () => {
        for (const target of placed.flatMap(({ wires }) => wires.flat())) assert.ok(ids.includes(target), target);
      });

      it('carries no credentials', () => {
        for (const entry of flow) {
          assert.ok(!('credentials' in entry), entry.id);
          const filled = Object.keys(entry).filter((property) => entry[property] !== '');
          assert.doesNotMatch(filled.join(' '), /\b(token|password|username|user)\b/i, entry.id);
        }
      });

      it('has exactly the properties that its nodes have', () => {
        for (const entry of flow) {
          const type = OWN_TYPES.find((own) => own === entry.type);
          if (type === undefined) continue;
          const properties = Object.keys(entry).filter(
            (key) => !['id', 'type', 'z', 'g', 'x', 'y', 'wires'].includes(key),
          );
          assert.deepEqual(properties.sort(), Object.keys(DEFAULTS[type]).sort(), entry.id);
        }
      });

      if (name === 'monthly-report.json') {
        it('reads no meter: it runs the command of this package, to which no message says anything', () => {
          assert.deepEqual(
            flow.filter(({ type }) => OWN_TYPES.some((own) => own === type)),
            [],
          );
          const commands = flow.filter(({ type }) => type === 'exec');
          assert.equal(commands.length, 2);
          for (const { command, append, addpay } of commands) {
            assert.match(String(command), /\/pm500"$/);
            assert.match(String(append), /^report (week|month) --unless-there /);
            assert.equal(addpay, '');
          }
        });
        return;
      }

      it('runs without hardware: a simulated meter on loopback where each meter is looked for', () => {
        const sim = entryOf(flow, 'pm500-sim');
        const simulated = new Set(addressesOf(sim));
        const lookedFor = metersOf(flow);
        assert.ok(lookedFor.length > 0);
        for (const address of lookedFor) assert.ok(simulated.has(address), address);
        assert.equal(sim['port'], DEFAULTS['pm500-sim'].port);
        assert.deepEqual([sim['load'], sim['csvFile']], ['csv', '']);
      });
    });
  }

  it('first-meter reads every group, real time at least every second and the others slower', () => {
    const polls = pollOf(readFlow('flows', 'first-meter.json').map(filled));
    const groups = polls.flatMap((poll) => poll.groups);
    assert.deepEqual([...groups].sort(), GROUPS.map(({ name }) => name).sort());
    for (const poll of polls) {
      assert.equal(poll.groups.includes('realtime'), poll.intervalMs <= 1000, poll.groups.join());
    }
  });

  it('fleet-site has 50 meters, each with a name and a port of its own', () => {
    const [fleet = []] = readFlow('flows', 'fleet-site.json').flatMap((entry) =>
      entry.type === 'pm500-poll' ? [entry['fleet'] as readonly FlowEntry[]] : [],
    );
    assert.equal(fleet.length, 50);
    for (const column of ['name', 'port']) assert.equal(new Set(fleet.map((row) => row[column])).size, 50);
  });

  it('the assembly flows read real time every 250 and 500 ms', () => {
    assert.deepEqual(pollOf(readFlow('flows', 'assembly-to-influx.json').map(filled)), [
      { intervalMs: 250, groups: ['realtime'] },
    ]);
    assert.deepEqual(pollOf(readFlow('flows', 'assembly-to-mqtt.json').map(filled)), [
      { intervalMs: 500, groups: ['realtime'] },
    ]);
  });
});

describe('examples', () => {
  for (const name of listFlows('examples').filter((path) => !path.includes('/'))) {
    it(`${name} is small, explains itself, and lays its nodes apart`, () => {
      const flow = readFlow('examples', name);
      const placed = flow.filter(isPlaced);
      assert.ok(placed.length <= 12, `${placed.length} nodes, 12 at most`);
      const said = flow.filter(({ type }) => type === 'tab' || type === 'comment').map(({ info = '' }) => String(info));
      assert.ok(said.join(' ').length > 60, 'say in "info" of its tab what it shows and what to change');
      for (const entry of placed) {
        const others = placed.filter((other) => other !== entry && overlap(entry, other));
        assert.deepEqual(
          others.map(({ id }) => id),
          [],
          `over ${entry.id}`,
        );
      }
    });
  }
});

describe('every flow of the package', () => {
  const all = (['flows', 'examples'] as const).flatMap((folder) =>
    listFlows(folder)
      .filter((name) => !name.startsWith('reference-flows'))
      .map((name) => [`${folder}/${name}`, readFlow(folder, name)] as const),
  );

  it('is not cut off at the left', () => {
    for (const [path, flow] of all)
      for (const entry of flow.filter(isPlaced)) {
        const width = ICON + CHARACTER * (entry.name ?? entry.type).length;
        assert.ok(entry.x - width / 2 >= 0, `${path}: ${entry.name ?? entry.id} begins at ${entry.x - width / 2}`);
      }
  });

  it('has what only a simulated meter hears in one group with it, so that deleting that leaves nothing loose', () => {
    let buttons = 0;
    for (const [path, flow] of all) {
      const entries = new Map(flow.map((entry) => [entry.id, entry]));
      const isSim = (id: string): boolean => entries.get(id)?.type === 'pm500-sim';
      for (const entry of flow.filter(isPlaced)) {
        const heardBy = entry.wires.flat();
        if (heardBy.length === 0 || !heardBy.every(isSim)) continue;
        buttons += 1;
        assert.ok(entry['g'] !== undefined, `${path}: ${entry.id} hangs loose without its meter`);
        for (const id of heardBy) assert.equal(entries.get(id)?.['g'], entry['g'], `${path}: ${id}`);
        // Nothing else goes with it.
        const inGroup = flow.filter(({ g }) => g === entry['g']);
        for (const { id, type } of inGroup) assert.ok(isSim(id) || type === 'inject', `${path}: ${id}`);
        assert.equal(flow.find(({ id }) => id === entry['g'])?.name, 'Practice meter');
        for (const { info } of flow)
          if (typeof info === 'string' && info.includes('delete'))
            assert.match(info, /delete the group \*?Practice meter\*?/, path);
      }
    }
    assert.ok(buttons >= 7);
  });

  it('has in each group the nodes that say they are in it, on the same tab', () => {
    for (const [path, flow] of all)
      for (const { id, z, nodes } of flow.filter(({ type }) => type === 'group')) {
        const members = flow.filter(({ g }) => g === id);
        assert.deepEqual([...(nodes as readonly string[])].sort(), members.map((each) => each.id).sort(), path);
        for (const member of members) assert.equal(member['z'], z, path);
      }
  });

  it('has groups that lie apart, and holds what is in them', () => {
    for (const [path, flow] of all) {
      const groups = flow.filter(({ type }) => type === 'group') as unknown as readonly Box[];
      for (const group of groups) {
        const isWithin = ({ x, y }: Placed): boolean =>
          x > group.x && x < group.x + group.w && y > group.y && y < group.y + group.h;
        for (const entry of flow.filter(isPlaced))
          assert.equal(isWithin(entry), entry['g'] === group.id, `${path}: ${entry.id} and ${group.id}`);
        for (const other of groups)
          assert.ok(other === group || isApart(group, other), `${path}: ${group.id} over ${other.id}`);
      }
    }
  });
});

interface Box extends FlowEntry {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function isApart(left: Box, right: Box): boolean {
  const isBeside = left.x + left.w <= right.x || right.x + right.w <= left.x;
  return isBeside || left.y + left.h <= right.y || right.y + right.h <= left.y;
}
