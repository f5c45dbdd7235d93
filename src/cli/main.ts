#!/usr/bin/env node
import { runCommand } from './command';
import { processTerminal } from './terminal';

void runCommand(process.argv.slice(2), processTerminal()).then((code) => {
  // Not process.exit: what was printed is to reach a slow reader.
  process.exitCode = code;
});
