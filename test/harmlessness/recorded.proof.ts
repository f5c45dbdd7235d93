import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readRecording, type Recorded } from './recorded-frames';
import { FRAMES_FOLDER } from '../../testkit/frames/recording';

/** Everything that may ever leave toward a meter; each of it must have been seen, else the proof proves little. */
const CLOSED_LIST = [
  'Forward Close',
  'Forward Open of Input Only',
  'Forward Open of Listen Only',
  'Get_Attribute_Single',
  'Get_Attributes_All',
  'List Identity',
  'RTU over TCP Read Input Registers',
  'Read Input Registers',
  'Register Session',
  'UnRegister Session',
  'heartbeat',
  'serial Read Input Registers',
];
/** Seen where a test chooses them. */
const OPTIONAL = [
  'Forward Open of class 3',
  'Read Holding Registers',
  'connected Get_Attribute_Single',
  'connected Get_Attributes_All',
];

describe('harmlessness: every frame that the integration tests sent to a meter', () => {
  let recorded: Recorded;

  before(() => {
    const folder = process.env[FRAMES_FOLDER] ?? '';
    assert.ok(folder !== '' && readdirSync(folder).length > 0, 'nothing was recorded: run "npm test" as a whole');
    recorded = readRecording(folder);
    console.log([...recorded.names].map(([name, count]) => `    ${count} ${name}`).join('\n'));
    console.log(`    ${recorded.processes} processes; ${recorded.foreign} frames of independent clients, not judged`);
  });

  it('is on the closed list of what may be asked', () => {
    assert.deepEqual(recorded.violations, []);
    const seen = [...recorded.names.keys()].filter((name) => !OPTIONAL.includes(name)).sort();
    assert.deepEqual(seen, CLOSED_LIST);
  });

  it('came from Node-RED, the command line and the tests, in numbers that prove something', () => {
    assert.ok(recorded.processes >= 5, `${recorded.processes} processes`);
    assert.ok((recorded.names.get('Get_Attribute_Single') ?? 0) > 500);
  });
});
