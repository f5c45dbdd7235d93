/** A process with a mapping that never ends, as Node-RED has one; says the ID of the process of mappings that runs it. */
import { confirmedReading, createNormalize } from '../meters/normalize-bench';
import { childrenOf, commandOf } from '../servers/child-processes';

const HOLDS = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)';

const node = createNormalize({ shape: 'jsonata', mapping: `topic = "hold" ? ${HOLDS} : topic` });
const payload = confirmedReading([101], Date.now());
void node.receive({ topic: 'first', payload }).then(() => {
  void node.receive({ topic: 'hold', payload });
  const [pid] = childrenOf(process.pid).filter((one) => commandOf(one).includes('mapping-process'));
  process.stdout.write(`mapping process ${String(pid)}\n`);
});
