import { existsSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { isOfRealCloud, stageClaim } from '../../testkit/aws-iot/stage';

/*
 * AWS IoT Core as its documents describe it, at 127.0.0.1:8883, for trying `flows/aws-iot-telemetry.json` without an account:
 * the policies of `deploy/aws/`, limits, fleet provisioning, jobs. What came is printed, and each rule that was broken.
 */

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(homedir(), '.node-red', 'aws-iot') },
    thing: { type: 'string', default: 'mill-1' },
    port: { type: 'string', default: '8883' },
  },
});

/** What this program and `iot-target` write into the folder. */
const OWN = /^(?:identity\.json|ca\.pem|(?:claim|\d+)\.(?:key|certificate|request)\.pem)$/;

async function main(): Promise<void> {
  const folder = resolve(values.folder);
  if (isOfRealCloud(folder)) {
    console.error(
      `The folder ${folder} holds the identity or the claim of a real cloud; give another one: --folder DIR.`,
    );
    process.exitCode = 1;
    return;
  }
  const double = await new AwsIotDouble().start(Number(values.port));
  // What was made at another start is signed by an authority that is gone.
  for (const name of existsSync(folder) ? readdirSync(folder) : []) if (OWN.test(name)) rmSync(join(folder, name));
  stageClaim(double, folder, values.thing);
  console.log(`Listens at 127.0.0.1:${double.port}; a claim for ${values.thing} is staged in ${folder}.`);
  let count = 0;
  setInterval(() => {
    for (const { clientId } of double.connects.splice(0)) console.log(`${clientId} has connected`);
    for (const { rule, clientId } of double.violations.splice(0)) console.log(`${clientId} broke ${rule}`);
    const came = double.messages.splice(0);
    count += came.length;
    const [last] = came.slice(-1);
    if (last !== undefined) console.log(`${count} messages, the last on ${last.topic}`);
  }, 1000);
}

void main();
