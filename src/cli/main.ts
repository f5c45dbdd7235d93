#!/usr/bin/env node
import { runCommand } from './command';
import { EXIT, processTerminal } from './terminal';

const terminal = processTerminal();
let isDone = false;

// Nothing is left that could end the command: better said than passed over as a success.
process.once('beforeExit', () => {
  if (isDone) return;
  terminal.complain(
    'The command came to no end, which is a fault of pm500 itself; please report what you have asked for.',
  );
  process.exitCode = EXIT.failure;
});

void runCommand(process.argv.slice(2), terminal).then((code) => {
  isDone = true;
  // Not process.exit: what was printed is to reach a slow reader.
  process.exitCode = code;
});
