/**
 * `npm run demo`: a simulated meter, an MQTT broker, a database where there is one, and a real Node-RED with the flow
 * between them. With `--check SECONDS` it verifies itself from outside and ends with 0, or says what is missing and ends
 * with 1. A signal ends everything that was started.
 */
import { checkDemo } from './check';
import { printGuide } from './guide';
import { parseOptions, type DemoOptions } from './options';
import { SparkplugWatch } from './sparkplug-watch';
import { Curtain, startStage } from './stage';
import { withWitnesses } from './witness';

const LOOK_FOR_PARENT_MS = 300;

/** Resolves on Ctrl-C, a request to end, the end of the terminal, or of the shell that npm put between. */
function untilSignal(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const finish = (): void => {
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, finish);
    setInterval(() => {
      if (process.ppid !== parent) finish();
    }, LOOK_FOR_PARENT_MS).unref();
  });
}

async function perform({ checkSeconds }: DemoOptions, curtain: Curtain): Promise<boolean> {
  console.log('Starting broker, database and Node-RED ...');
  let watch: SparkplugWatch | undefined;
  const stage = await startStage({
    environment: process.env,
    curtain,
    isPrivate: checkSeconds !== undefined,
    // The check looks at what is delivered; nobody looks at pages.
    hasDashboard: checkSeconds === undefined,
    ...(checkSeconds === undefined
      ? {}
      : {
          watched: withWitnesses,
          onBroker: async ({ watchUrl }) => {
            const started = await SparkplugWatch.start(watchUrl);
            curtain.add(() => started.stop());
            watch = started;
          },
        }),
  });
  await printGuide(stage);
  if (checkSeconds !== undefined && watch !== undefined) {
    console.log(`\nChecking for ${checkSeconds} s ...`);
    return checkDemo(stage, watch, checkSeconds);
  }
  console.log('\nCtrl-C ends everything.');
  const how = await stage.nodeRed.process.exited;
  throw new Error(`Node-RED ended (${how}):\n${stage.nodeRed.process.output().slice(-2000)}`);
}

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    return 2;
  }
  const curtain = new Curtain();
  const signaled = untilSignal().then(() => {
    console.log('\nEnding ...');
    return options.checkSeconds === undefined;
  });
  try {
    return (await Promise.race([perform(options, curtain), signaled])) ? 0 : 1;
  } catch (thrown) {
    console.error(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return 1;
  } finally {
    await curtain.fall();
  }
}

void main().then((code) => process.exit(code));
