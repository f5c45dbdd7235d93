import assert from 'node:assert/strict';
import { CfnOutput, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { Authority } from '../../../testkit/aws-iot/authority';
import { NAMES, ROTATION_JOB } from '../lib/documents';
import { PipelineStack } from '../lib/pipeline';
import { readSettings, type Settings } from '../lib/settings';
import { ENV, resourceWith, SETTINGS, synthesize, synthesizeStack, type Synthesized } from './synth';

const REQUEST = makeRequest(makeKey(), 'pm500 claim').trim();
const AUTHORITY = new Authority('Authority of an enterprise').certificate.trim();
const FULL: Settings = { ...SETTINGS, claimRequest: REQUEST, ownAuthority: AUTHORITY };

/** The function of CDK that uploads the descriptor set; what stands in its environment is the path of a file of the system. */
const isOfCdk = (name: string): boolean => name.startsWith('CustomCDKBucketDeployment');

function ofType(
  { resources }: Synthesized,
  type: string,
): readonly (readonly [string, Synthesized['resources'][string]])[] {
  return Object.entries(resources).filter(([, { Type }]) => Type === type);
}

describe('the stack', function () {
  this.timeout(180_000);
  let stack: Synthesized;
  before(() => {
    stack = synthesizeStack(FULL);
  });

  it('fits the schemas of all its resources, and cdk-nag finds nothing', () => {
    assert.deepEqual(stack.violations, []);
    assert.deepEqual(stack.findings, []);
  });

  it('has no key of a device, nor any other secret', () => {
    const text = JSON.stringify(stack.template.toJSON());
    assert.doesNotMatch(text, /PRIVATE KEY/);
    const [[, secret] = assert.fail()] = ofType(stack, 'AWS::SecretsManager::Secret');
    assert.equal(secret.Properties['SecretString'], undefined);
  });

  it('asks a function before a thing gets a certificate, each template its own', () => {
    const hooks = [NAMES.claimTemplate, NAMES.rotationTemplate].map((name) => {
      const { Properties } = resourceWith(stack, 'AWS::IoT::ProvisioningTemplate', ['TemplateName', name]);
      assert.equal(Properties['Enabled'], true);
      const { TargetArn } = Properties['PreProvisioningHook'] as {
        TargetArn: { 'Fn::GetAtt': readonly [string, string] };
      };
      const [id] = TargetArn['Fn::GetAtt'];
      stack.template.hasResourceProperties('AWS::Lambda::Permission', {
        Principal: 'iot.amazonaws.com',
        FunctionName: { 'Fn::GetAtt': [id, 'Arn'] },
        SourceAccount: ENV.account,
        SourceArn: `arn:aws:iot:${ENV.region}:${ENV.account}:provisioningtemplate/${name}`,
      });
      return id;
    });
    assert.equal(new Set(hooks).size, 2);
  });

  it('makes the claim certificate of a request, with the one policy', () => {
    stack.template.hasResourceProperties('AWS::IoT::Certificate', {
      CertificateSigningRequest: REQUEST,
      Status: 'ACTIVE',
    });
    stack.template.hasResourceProperties('AWS::IoT::PolicyPrincipalAttachment', { PolicyName: NAMES.claimPolicy });
  });

  it('registers an own authority, whose certificates become things by a template', () => {
    stack.template.hasResourceProperties('AWS::IoT::CACertificate', {
      CACertificatePem: AUTHORITY,
      Status: 'ACTIVE',
      AutoRegistrationStatus: 'ENABLE',
      RegistrationConfig: { TemplateName: NAMES.ownAuthorityTemplate },
    });
    stack.template.hasResourceProperties('AWS::IoT::ProvisioningTemplate', {
      TemplateName: NAMES.ownAuthorityTemplate,
      TemplateType: 'JITP',
      PreProvisioningHook: Match.absent(),
    });
  });

  it('has the job that pm500 cloud rotate takes up', () => {
    const [[, job] = assert.fail()] = ofType(stack, 'AWS::IoT::JobTemplate');
    assert.deepEqual(JSON.parse(String(job.Properties['Document'])), ROTATION_JOB);
  });

  it('every rule keeps what its action did not take, and tells somebody', () => {
    const rules = ofType(stack, 'AWS::IoT::TopicRule');
    assert.equal(rules.length, 6);
    const queues = rules.map(([, { Properties }]) => {
      const { ErrorAction, RuleDisabled } = Properties['TopicRulePayload'] as Readonly<Record<string, unknown>>;
      assert.equal(RuleDisabled, false);
      return (ErrorAction as { Sqs: { QueueUrl: { Ref: string } } }).Sqs.QueueUrl.Ref;
    });
    const [queue = ''] = [...new Set(queues)];
    assert.equal(new Set(queues).size, 1);
    stack.template.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 1_209_600 });
    stack.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
    });
  });

  it('batches come into the lake one by one, and commits know the certificate of the connection', () => {
    const sqlOf = (name: string): { readonly sql: string; readonly actions: unknown } => {
      const { Properties } = resourceWith(stack, 'AWS::IoT::TopicRule', ['RuleName', name]);
      const { Sql, Actions } = Properties['TopicRulePayload'] as { Sql: string; Actions: unknown };
      return { sql: Sql, actions: Actions };
    };
    assert.match(
      sqlOf('pm500_batches').sql,
      /^SELECT VALUE records FROM 'pm500\/#' WHERE schema = 'pm500\.iot-batch\/1'$/,
    );
    assert.match(JSON.stringify(sqlOf('pm500_batches').actions), /"BatchMode":true/);
    assert.match(JSON.stringify(sqlOf('pm500_records').actions), /"BatchMode":false/);
    assert.match(
      sqlOf('pm500_certificate_commit').sql,
      /principal\(\) AS principal, topic\(2\) AS thing FROM 'pm500\/\+\/certificate\/commit'$/,
    );
  });

  it('alarms go to a person, and money does too', () => {
    stack.template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: SETTINGS.alarmEmail,
    });
    const alarms = ofType(stack, 'AWS::CloudWatch::Alarm');
    assert.ok(alarms.length >= 12);
    for (const [name, { Properties }] of alarms)
      assert.equal((Properties['AlarmActions'] as unknown[]).length, 1, name);
    stack.template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 200, Unit: 'USD' } },
    });
    const [[, silent] = assert.fail()] = alarms.filter(([, each]) => each.Properties['AlarmName'] === 'pm500-silent');
    assert.equal(silent.Properties['EvaluationPeriods'], 6);
    assert.equal(silent.Properties['TreatMissingData'], 'breaching');
    // Edges ask for jobs each hour, also when no telemetry comes.
    assert.deepEqual(
      [silent.Properties['MetricName'], silent.Properties['Dimensions']],
      ['TopicMatch', [{ Name: 'RuleName', Value: 'pm500_records' }]],
    );
  });

  it('everything that is stored is encrypted with the key, and what was measured stays when the stack goes', () => {
    const [[key] = assert.fail()] = ofType(stack, 'AWS::KMS::Key');
    const uses = [
      'AWS::SQS::Queue',
      'AWS::Kinesis::Stream',
      'AWS::KinesisFirehose::DeliveryStream',
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::SecretsManager::Secret',
      'AWS::Lambda::Function',
      'AWS::Athena::WorkGroup',
    ];
    for (const type of uses) {
      const found = ofType(stack, type);
      assert.ok(found.length > 0, type);
      for (const [name, { Properties }] of found.filter(([each]) => !isOfCdk(each)))
        assert.ok(JSON.stringify(Properties).includes(`"Fn::GetAtt":["${key}","Arn"]`), `${type} ${name}`);
    }
    for (const [name, { DeletionPolicy }] of ofType(stack, 'AWS::S3::Bucket'))
      assert.equal(DeletionPolicy, 'Retain', name);
  });

  it('a function that has an environment may decrypt it, and nothing else with the key by that', () => {
    const roles = ofType(stack, 'AWS::IAM::Role');
    const withEnvironment = ofType(stack, 'AWS::Lambda::Function').filter(
      ([name, { Properties }]) => Properties['Environment'] !== undefined && !isOfCdk(name),
    );
    assert.ok(withEnvironment.length > 0);
    for (const [name, { Properties }] of withEnvironment) {
      const [, role] =
        roles.find(([id]) => JSON.stringify(Properties['Role']).includes(`"${id}"`)) ?? assert.fail(name);
      const text = JSON.stringify(role.Properties['Policies']);
      assert.match(
        text,
        /"kms:EncryptionContext:aws:lambda:FunctionArn".{0,200}"Action":"kms:Decrypt"|"kms:Decrypt".{0,200}FunctionArn/,
        name,
      );
    }
  });

  it('no other account can have a role taken by a service for it', () => {
    for (const [name, { Properties }] of ofType(stack, 'AWS::IAM::Role')) {
      const text = JSON.stringify(Properties['AssumeRolePolicyDocument']);
      if (!text.includes('lambda.amazonaws.com'))
        assert.ok(text.includes(`"aws:SourceAccount":"${ENV.account}"`), name);
    }
  });

  it('of any account and region, without stream, Sparkplug, claim and authority, it is whole as well', () => {
    const { resources, violations, findings } = synthesizeStack({
      ...{ ...SETTINGS, withStream: false, sparkplugGroup: undefined },
    });
    assert.deepEqual([violations, findings], [[], []]);
    const types = Object.values(resources).map(({ Type }) => Type);
    const optional = [
      'AWS::Kinesis::Stream',
      'AWS::IoT::Certificate',
      'AWS::IoT::CACertificate',
      'Custom::CDKBucketDeployment',
    ];
    for (const type of optional) assert.ok(!types.includes(type), type);
    assert.doesNotMatch(JSON.stringify(resources), /spBv1/);
  });

  it('the check of schemas finds a private key asked of a certificate, and a property that is none', () => {
    const { violations } = synthesize((app) => {
      const bad = new Stack(app, 'Bad', { env: ENV });
      const certificate = new CfnResource(bad, 'Certificate', {
        type: 'AWS::IoT::Certificate',
        properties: { Status: 'ACTIVE', CertificateSigningRequest: REQUEST },
      });
      for (const attribute of ['PrivateKey', 'CertificatePem'])
        new CfnOutput(bad, attribute, { value: Fn.getAtt(certificate.logicalId, attribute).toString() });
      new CfnResource(bad, 'Policy', { type: 'AWS::IoT::Policy', properties: { PolicyDocument: {}, Nmae: 'x' } });
      return bad;
    });
    for (const what of ["'PrivateKey' is not one of", "'CertificatePem' is not one of", "'Nmae' was unexpected"])
      assert.ok(
        violations.some((each) => each.includes(what)),
        what,
      );
  });
});

describe('the pipeline', function () {
  this.timeout(180_000);

  it('tests, shows differences, deploys to staging, waits for a person, deploys to production, and goes back', () => {
    const account = (digit: string): object => ({ account: digit.repeat(12), region: 'eu-central-1' });
    const { pipeline = assert.fail() } = readSettings({
      alarmEmail: 'operator@example.com',
      monthlyBudgetUsd: 200,
      withStream: false,
      silentMinutes: 30,
      keepRevokedDays: 30,
      pipeline: {
        ...account('1'),
        connectionArn: 'arn:aws:codeconnections:eu-central-1:111111111111:connection/0',
        repository: 'owner/name',
        branch: 'main',
        staging: account('2'),
        production: account('3'),
      },
    });
    const made = synthesize((app) => new PipelineStack(app, 'Pm500Pipeline', SETTINGS, pipeline));
    assert.deepEqual(made.violations, []);
    assert.deepEqual(made.findings, []);
    const [[, { Properties }] = assert.fail()] = ofType(made, 'AWS::CodePipeline::Pipeline');
    const stages = Properties['Stages'] as readonly {
      readonly Name: string;
      readonly OnFailure?: { readonly Result: string };
      readonly Actions: readonly {
        readonly Name: string;
        readonly RunOrder: number;
        readonly OutputArtifacts?: unknown;
      }[];
    }[];
    const names = stages.map(({ Name }) => Name);
    assert.deepEqual(names, ['Source', 'Build', 'UpdatePipeline', 'Assets', 'Staging', 'Production']);
    const [staging = assert.fail(), production = assert.fail()] = stages.slice(-2);
    for (const { OnFailure } of [staging, production]) assert.equal(OnFailure?.Result, 'ROLLBACK');
    const order = (actions: (typeof stages)[number]['Actions'], name: string): number =>
      actions.find((each) => each.Name.includes(name))?.RunOrder ?? assert.fail(name);
    assert.ok(order(staging.Actions, 'StagingDiff') < order(staging.Actions, 'Prepare'));
    for (const name of ['ProductionDiff', 'ProductionDrift']) {
      assert.ok(order(production.Actions, name) < order(production.Actions, 'Approve'), name);
      assert.ok(production.Actions.find((each) => each.Name === name)?.OutputArtifacts, name);
    }
    assert.ok(order(production.Actions, 'Approve') < order(production.Actions, 'Prepare'));
    const text = JSON.stringify(made.template.toJSON());
    assert.match(text, /npm test/);
    // Ubuntu's sh, which CodeBuild gives commands to, ends at an option that it does not know.
    assert.match(text, /bash -o pipefail -c/);
    assert.doesNotMatch(text, /set -o pipefail/);
    // Drift is told of production by a role there; the first time there is nothing to compare with.
    assert.match(
      text,
      /profile\.production\.role_arn arn:aws:iam::333333333333:role\/cdk-hnb659fds-lookup-role-333333333333-eu/,
    );
    assert.match(text, /cdk drift --fail --profile production [^|]*\/Production\/\*[^|]*\|\| echo/);
  });
});
