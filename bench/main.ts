import { benchAcquisition } from './acquisition.bench';
import { benchAcquisitionToMqtt } from './acquisition-to-mqtt.bench';
import { benchDashboard } from './dashboard.bench';
import { benchHardship } from './hardship.bench';
import { benchInfluxDelivery } from './influx-delivery.bench';
import { benchIotDelivery } from './iot-delivery.bench';
import { benchIotRotation } from './iot-rotation.bench';
import { benchLineProtocol } from './line-protocol.bench';
import { benchMapping } from './mapping.bench';
import { benchMeterForm } from './meter-form.bench';
import { benchMeters } from './meters.bench';
import { benchModbus } from './modbus.bench';
import { benchNormalize } from './normalize.bench';
import { benchOutbox } from './outbox.bench';
import { peakMemoryMegabytes, printReport, type BenchLine } from './report';
import { benchSite } from './site.bench';
import { benchEnergyReport } from './energy-report.bench';
import { benchSparkplugBroker } from './sparkplug-broker.bench';
import { benchSparkplug } from './sparkplug.bench';
import { benchTiers } from './tiers.bench';

const BENCHES: Readonly<Record<string, () => BenchLine[] | Promise<BenchLine[]>>> = {
  acquisition: benchAcquisition,
  'acquisition-to-mqtt': benchAcquisitionToMqtt,
  modbus: benchModbus,
  meters: benchMeters,
  normalize: benchNormalize,
  mapping: benchMapping,
  'line-protocol': benchLineProtocol,
  'influx-delivery': benchInfluxDelivery,
  tiers: benchTiers,
  'iot-delivery': benchIotDelivery,
  'iot-rotation': benchIotRotation,
  sparkplug: benchSparkplug,
  outbox: benchOutbox,
  'sparkplug-broker': benchSparkplugBroker,
  report: benchEnergyReport,
  hardship: benchHardship,
  site: benchSite,
  dashboard: benchDashboard,
  'meter-form': benchMeterForm,
};

/** `npm run bench`, or `npm run bench -- NAME ...` for some of them. */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !(name in BENCHES));
  if (unknown !== undefined) throw new Error(`no bench "${unknown}"; choose from ${Object.keys(BENCHES).join(', ')}`);
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length === 0 || names.includes(name)) printReport(name, await bench());
  }
  console.log(`\nPeak memory ${peakMemoryMegabytes().toFixed(0)} MB (Node.js ${process.version})`);
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  console.error(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
});
