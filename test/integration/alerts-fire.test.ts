import assert from 'node:assert/strict';
import { AlertingPlant } from '../deploy/alerting-plant';

const [INCOMER, LOADED, COUNTED, SILENT] = ['incomer', 'loaded', 'counted', 'silent'] as const;

describe('alerts fire and clear for real', function () {
  this.timeout(300_000);
  let plant: AlertingPlant;

  before(async () => {
    plant = await AlertingPlant.start([INCOMER, LOADED, COUNTED, SILENT]);
  });

  after(() => plant.stop());

  it("nothing but the dead man's switch while all is well", async () => {
    const watchdog = await plant.alerting.fires('Watchdog');
    assert.equal(watchdog.receiver, 'watchdog');
    assert.deepEqual(plant.alerting.firing, ['Watchdog']);
  });

  /** Rotation, a lost phase, a lost supply, voltage, unbalance, frequency. */
  async function supply(): Promise<void> {
    await plant.fault(INCOMER, ['RotationChanged', 'RotationWrong'], 'wrong-rotation', {});
    const reset = (): Promise<void> => plant.command(INCOMER, { alarms: { reset: true } });
    await plant.provoke(['MeterAlarmCritical'], () => undefined, reset, { meter: INCOMER });
    await plant.fault(INCOMER, ['PhaseLoss'], 'phase-loss', { phase: 2 });
    await plant.fault(INCOMER, ['SupplyLost'], 'voltage', { percent: 20 });
    await plant.fault(INCOMER, ['VoltageOutside'], 'voltage', { percent: 87 });
    await plant.fault(INCOMER, ['VoltageUnbalance'], 'voltage', { percent: 92, phase: 1 });
    await plant.fault(INCOMER, ['VoltageUnbalanceHigh'], 'voltage', { percent: 75, phase: 3 });
    await plant.fault(INCOMER, ['FrequencyOutside'], 'frequency', { percent: 98 });
  }

  /** Current, demand, power factor, by what they are compared with. */
  async function load(): Promise<void> {
    const [watts] = await plant.database.query(
      `avg_over_time(powermonitor_500_active_power_total{meter="${LOADED}"}[10s])`,
    );
    const kilowatts = watts!.value / 1000;
    const compare = (alert: string, during: object, otherwise: object): Promise<void> =>
      plant.provoke(
        [alert],
        () => plant.set(LOADED, during),
        () => plant.set(LOADED, otherwise),
        { meter: LOADED },
      );
    const enough = { contractKw: 10 * kilowatts };
    await compare('CurrentHigh', { ratedAmperes: 1 }, {});
    await compare('DemandNearContract', { contractKw: kilowatts / 0.87 }, enough);
    await compare('DemandAtContract', { contractKw: kilowatts }, enough);
    await compare('PowerFactorLow', { powerFactorLimit: 1 }, {});
  }

  async function counter(): Promise<void> {
    const answer = (): Promise<void> => plant.command(COUNTED, { counters: { answer: 'reset' } });
    const question = plant.fault(COUNTED, ['CounterQuestion'], 'counter-set', { value: 5_000_000_000 });
    await plant.alerting.fires('CounterQuestion', { meter: COUNTED });
    await answer();
    await question;
  }

  it('of meters: supply, load, a counter that a person is asked about, silence', async () => {
    await Promise.all([supply(), load(), counter(), plant.fault(SILENT, ['MeterStale'], 'silence', {})]);
    const told = plant.alerting.told.find(({ alert }) => alert === 'PhaseLoss')!;
    assert.equal(told.receiver, 'on-call');
    const { phase, meter, site, severity } = told.labels;
    assert.deepEqual([phase, meter, site, severity], ['L2', INCOMER, 'plant', 'critical']);
    assert.match(told.annotations['summary'] ?? '', /^Phase L2 of meter incomer is lost: [\d.]+% of nominal\.$/);
    const calm = plant.alerting.told.filter(
      ({ alert, labels }) => alert === 'RotationChanged' && labels['meter'] !== INCOMER,
    );
    assert.deepEqual(calm, [], 'a rotation that never changed');
  });

  it('of delivery: a sink that is away', async () => {
    const { other } = plant;
    await plant.provoke(
      ['SinkDown'],
      () => other.stop(),
      () => other.start(),
    );
    assert.equal(plant.alerting.told.find(({ alert }) => alert === 'SinkDown')?.labels['target'], 'other');
  });

  it('of the host: a certificate that ends, a full disk, a gateway that is gone', async () => {
    const { authority, disk } = plant;
    const fill = (isFull: boolean) => (): void => {
      disk.fill(isFull);
    };
    await Promise.all([
      plant.provoke(
        ['CertificateExpires'],
        () => authority.issue('sink', 1),
        () => authority.issue('sink', 90),
      ),
      plant.provoke(['DiskFull'], fill(true), fill(false)),
    ]);
    await plant.provoke(
      ['GatewayDown'],
      () => plant.stopNodeRed(),
      () => plant.startNodeRed(),
    );
  });

  it('with a runbook each', () => {
    for (const { alert, annotations } of plant.alerting.told)
      assert.match(annotations['runbook_url'] ?? '', /^docs\/runbooks\/[a-z-]+\.md$/, alert);
  });
});
