import { Duration } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { METRICS } from '../lambda/metrics';
import type { Identities } from './identities';
import type { Lake } from './lake';
import { RECORDS_RULE, type Rules } from './rules';
import type { Settings } from './settings';
import type { Sparkplug } from './sparkplug';

interface Watched {
  readonly identities: Identities;
  readonly lake: Lake;
  readonly rules: Rules;
  readonly sparkplug: Sparkplug | undefined;
}

interface AlarmRow {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** How many periods in a row; 1 where absent. */
  readonly periods?: number;
  /** Fewer are the fault; more are where absent. */
  readonly isBelow?: true;
}

const FIVE_MINUTES = Duration.minutes(5);

/** Tells a person what does not mend itself. */
export class Watch extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, key: Key, settings: Settings, watched: Watched) {
    super(scope, id);
    this.topic = new Topic(this, 'Alarms', { displayName: 'pm500', masterKey: key, enforceSSL: true });
    this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.topic.stack.account } },
      }),
    );
    for (const [name, row] of Object.entries(alarmRows(settings, watched))) this.alarm(name, row);
    this.budget(settings);
  }

  private alarm(name: string, { description, metric, threshold, periods = 1, isBelow }: AlarmRow): void {
    const alarm = new Alarm(this, name, {
      alarmName: `pm500-${name}`,
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: isBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isBelow ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }

  private budget({ alarmEmail, monthlyBudgetUsd }: Settings): void {
    const notice = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number): object => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers: [{ subscriptionType: 'EMAIL', address: alarmEmail }],
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: 'pm500',
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
      },
      notificationsWithSubscribers: [
        notice('ACTUAL', 80),
        notice('FORECASTED', 100),
      ] as CfnBudget.NotificationWithSubscribersProperty[],
    });
  }
}

function count(namespace: string, metricName: string, dimensionsMap: Readonly<Record<string, string>>): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.SUM, period: FIVE_MINUTES });
}

function alarmRows(
  { silentMinutes }: Settings,
  { identities, lake, rules, sparkplug }: Watched,
): Readonly<Record<string, AlarmRow>> {
  const functions = {
    claim: identities.hooks[0],
    rotation: identities.hooks[1],
    transform: lake.transform,
    commit: rules.commit,
    'clean-up': identities.cleanUp,
    sparkplug: sparkplug?.transform,
  };
  const failed = Object.entries(functions).flatMap(([name, each]): [string, AlarmRow][] =>
    each === undefined
      ? []
      : [
          [
            `function-${name}`,
            {
              description: `The function ${name} fails: read its log.`,
              metric: each.metricErrors({ period: FIVE_MINUTES }),
              threshold: 1,
            },
          ],
        ],
  );
  return {
    'dead-letters': {
      description: 'Messages that no action of a rule took. Each says why; after the cause is mended send them again.',
      metric: rules.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: FIVE_MINUTES,
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
    },
    silent: {
      description: `No edge has published for ${silentMinutes} minutes.`,
      // By what comes to the rule: edges that have nothing to tell still ask for jobs, which counts as publishing.
      metric: count('AWS/IoT', 'TopicMatch', { RuleName: RECORDS_RULE }),
      threshold: 1,
      periods: Math.ceil(silentMinutes / 5),
      isBelow: true,
    },
    'connect-refused': {
      description: 'Connections are refused: a certificate that is not active, or a policy that does not allow it.',
      metric: count('AWS/IoT', 'Connect.AuthError', { Protocol: 'MQTT' }),
      threshold: 5,
      periods: 3,
    },
    'publish-refused': {
      description: 'Publishing is refused: a topic that is not that of the thing.',
      metric: count('AWS/IoT', 'PublishIn.AuthError', { Protocol: 'MQTT' }),
      threshold: 1,
      periods: 3,
    },
    throttled: {
      description: 'AWS IoT throttles: more messages than the quotas of the account.',
      metric: count('AWS/IoT', 'PublishIn.Throttle', { Protocol: 'MQTT' }),
      threshold: 1,
    },
    'lake-no-record': {
      description: 'Messages that are no records; they are in the folder errors of the bucket of the lake.',
      metric: count(METRICS.namespace, METRICS.refused, {}),
      threshold: 1,
    },
    ...deliveryRows('lake', lake.delivery),
    ...(sparkplug === undefined ? {} : sparkplugRows(sparkplug)),
    ...Object.fromEntries(failed),
  };
}

/** What does not reach a table of the lake. */
function deliveryRows(name: string, delivery: CfnDeliveryStream): Readonly<Record<string, AlarmRow>> {
  const dimensions = { DeliveryStreamName: delivery.ref };
  return {
    [`${name}-late`]: {
      description: 'The oldest record in Firehose is older than an hour: read its log.',
      metric: new Metric({
        namespace: 'AWS/Firehose',
        metricName: 'DeliveryToS3.DataFreshness',
        dimensionsMap: dimensions,
        statistic: Stats.MAXIMUM,
        period: FIVE_MINUTES,
      }),
      threshold: 3600,
    },
    [`${name}-conversion`]: {
      description: 'Rows that do not fit the table of the lake; they are in the folder errors of its bucket.',
      metric: count('AWS/Firehose', 'FailedConversion.Records', dimensions),
      threshold: 1,
    },
    [`${name}-partitions`]: {
      description: 'More days at once than Firehose has partitions for.',
      metric: count('AWS/Firehose', 'PartitionCountExceeded', dimensions),
      threshold: 1,
    },
  };
}

/**
 * The error action of a rule is for its actions alone: a message that SQL could not make anything of, such as one that is
 * larger than 128 KiB as JSON, is told by nothing but the difference of two counts.
 */
function sparkplugRows({ delivery, ruleNames }: Sparkplug): Readonly<Record<string, AlarmRow>> {
  const counts = Object.fromEntries(
    ruleNames.flatMap((RuleName, place) => [
      [`matched${place}`, count('AWS/IoT', 'TopicMatch', { RuleName })],
      [`done${place}`, count('AWS/IoT', 'Success', { RuleName, ActionType: 'Firehose' })],
      [`failed${place}`, count('AWS/IoT', 'Failure', { RuleName, ActionType: 'Firehose' })],
    ]),
  );
  const missing = ruleNames.map((_, at) => `FILL(matched${at}, 0) - FILL(done${at}, 0) - FILL(failed${at}, 0)`);
  return {
    ...deliveryRows('sparkplug', delivery),
    'sparkplug-not-handed-on': {
      description: 'Messages of Sparkplug that no rule handed on: larger than 128 KiB as JSON, or decoding failed.',
      metric: new MathExpression({ expression: missing.join(' + '), usingMetrics: counts, period: FIVE_MINUTES }),
      threshold: 1,
      // A message that comes at the end of one period is counted as done in the next.
      periods: 3,
    },
  };
}
