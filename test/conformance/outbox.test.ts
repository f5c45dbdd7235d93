import { MemoryOutbox } from '../../src/outbox/memory';
import { describeOutbox } from './outbox.suite';

describeOutbox('memory', (limits, clock) => Promise.resolve(new MemoryOutbox(limits, clock)));
