import { Pm500Error, toPm500Error } from '../../support/errors';
import { describeFaults, type MeterState, type SimulatorControl } from './control';

const HELP = `One command a line:
  FAULT [name=value ...]   begin a fault on all meters, for instance: delay delayMs=800 durationMs=5000
  clear [FAULT]            end a fault, or all
  N FAULT ..., N clear     the same on meter N only
  show                     every meter and its faults
  help                     this text
Every fault that lasts takes durationMs; without it, it lasts until it is cleared.

${describeFaults()}`;

/** Longer lines are no commands. */
const LONGEST_LINE = 500;

function fail(sentence: string): never {
  throw new Pm500Error('MESSAGE_INVALID', sentence);
}

function describeState({ meter, address, port, serialNumber, faults }: MeterState): string {
  const names = faults.map(({ name }) => name).join(', ');
  return `${meter}: ${address}:${port}, serial ${serialNumber}: ${names === '' ? 'no faults' : names}\n`;
}

function parseParameters(words: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const word of words) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined) fail(`"${word}" is no parameter; write it as name=value.`);
    if (name in parameters) fail(`Parameter ${name} is given twice; give it once.`);
    parameters[name] = value;
  }
  return parameters;
}

function carryOut(control: SimulatorControl, line: string): string {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const meter = /^(\d+|all)$/.test(words[0] ?? '') ? words.shift() : undefined;
  const [verb, ...rest] = words;
  switch (verb) {
    case undefined:
      if (meter !== undefined) fail('A command follows the number of a meter; write for instance: 1 silence.');
      return '';
    case 'help':
      return HELP;
    case 'show':
      return control.states.map(describeState).join('');
    case 'clear':
      if (rest.length > 1) fail('Only one fault follows clear; give one name, or none for all.');
      control.order({ clear: rest[0] ?? true, meter });
      return 'ok\n';
    default:
      control.order({ ...parseParameters(rest), fault: verb, meter });
      return 'ok\n';
  }
}

/** Carries out one line of text; what went wrong is the answer, as one sentence. Never throws. */
export function answerLine(control: SimulatorControl, line: string): string {
  try {
    if (line.length > LONGEST_LINE) fail(`The line has ${line.length} characters; give at most ${LONGEST_LINE}.`);
    return carryOut(control, line);
  } catch (thrown) {
    return `${toPm500Error(thrown).message}\n`;
  }
}
