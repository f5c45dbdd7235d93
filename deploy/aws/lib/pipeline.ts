import { Stack, Stage } from 'aws-cdk-lib';
import { BuildSpec, ComputeType, LinuxBuildImage } from 'aws-cdk-lib/aws-codebuild';
import { PipelineType, type CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CodeBuildStep, CodePipeline, CodePipelineSource, ManualApprovalStep } from 'aws-cdk-lib/pipelines';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';
import type { AccountSettings, PipelineSettings, Settings } from './settings';
import { Pm500Stack } from './stack';

const HERE = 'deploy/aws';
const NODE = '24';

class Plant extends Stage {
  constructor(scope: Construct, id: string, settings: Settings, env: AccountSettings) {
    super(scope, id, { env });
    new Pm500Stack(this, 'Pm500', settings, { stackName: 'Pm500' });
  }
}

/** A role that the bootstrap of CDK makes. */
const roleOf = (role: 'lookup' | 'deploy', { account, region }: AccountSettings): string =>
  `arn:aws:iam::${account}:role/cdk-hnb659fds-${role}-role-${account}-${region}`;

/** From the repository to production: tests and checks, a difference to read, staging, an approval, production. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, pipeline: PipelineSettings) {
    const { account, region, repository, branch, connectionArn, staging, production } = pipeline;
    super(scope, id, {
      env: { account, region },
      description: 'PowerMonitor 500 for Node-RED: pipeline of its AWS side',
    });
    const source = CodePipelineSource.connection(repository, branch, { connectionArn });
    const found = new CodePipeline(this, 'Pipeline', {
      pipelineName: 'pm500',
      pipelineType: PipelineType.V2,
      crossAccountKeys: true,
      enableKeyRotation: true,
      synth: new CodeBuildStep('Synth', {
        input: source,
        installCommands: [`npm ci --no-audit --no-fund`, `npm --prefix ${HERE} ci --no-audit --no-fund`],
        // The tests hold the policies to wildcards, the properties to the schemas, and the findings of cdk-nag to none.
        commands: [`cd ${HERE}`, 'npm test', 'npm run --silent synth'],
        primaryOutputDirectory: `${HERE}/cdk.out`,
      }),
      codeBuildDefaults: {
        buildEnvironment: {
          buildImage: LinuxBuildImage.STANDARD_7_0,
          computeType: ComputeType.MEDIUM,
        },
        partialBuildSpec: BuildSpec.fromObject({ phases: { install: { 'runtime-versions': { nodejs: NODE } } } }),
      },
    });
    const compare = (name: string, stage: string, command: string, before: readonly string[] = []): CodeBuildStep =>
      new CodeBuildStep(name, {
        input: source,
        installCommands: [`npm --prefix ${HERE} ci --no-audit --no-fund`],
        commands: [
          `cd ${HERE}`,
          `mkdir -p report`,
          ...before,
          // CodeBuild gives commands to sh, which on Ubuntu knows no pipefail and would end here.
          `bash -o pipefail -c '${command.replace('STACKS', `"Pm500Pipeline/${stage}/*"`)} 2>&1 | tee report/${name}.txt'`,
        ],
        primaryOutputDirectory: `${HERE}/report`,
        rolePolicyStatements: [
          new PolicyStatement({
            sid: 'ReadStacks',
            actions: ['sts:AssumeRole'],
            resources: [staging, production].flatMap((to) => [roleOf('lookup', to), roleOf('deploy', to)]),
          }),
        ],
      });
    found.addStage(new Plant(this, 'Staging', settings, staging), {
      pre: [compare('StagingDiff', 'Staging', 'npx cdk diff STACKS')],
    });
    // Other than cdk diff it takes no role of another account by itself. That nothing was deployed yet is no reason to stop:
    // who approves reads what it says.
    const drift = compare(
      'ProductionDrift',
      'Production',
      '{ npx cdk drift --fail --profile production STACKS || echo "There is drift, or it could not be told: see above."; }',
      Object.entries({
        role_arn: roleOf('lookup', production),
        credential_source: 'EcsContainer',
        region: production.region,
      }).map(([name, value]) => `aws configure set profile.production.${name} ${value}`),
    );
    const diff = compare('ProductionDiff', 'Production', 'npx cdk diff STACKS');
    const approval = new ManualApprovalStep('Approve', {
      comment: 'Read the artifacts of ProductionDiff and ProductionDrift, and look at staging.',
    });
    approval.addStepDependency(drift);
    approval.addStepDependency(diff);
    found.addStage(new Plant(this, 'Production', settings, production), { pre: [drift, diff, approval] });
    found.buildPipeline();
    rollBack(found);
    acceptFindingsOfPipeline(this);
  }
}

/** A stage that fails goes back to its last execution that succeeded; CDK has no word for it. */
function rollBack({ pipeline }: CodePipeline): void {
  const resource = pipeline.node.defaultChild as CfnPipeline;
  pipeline.stages.forEach(({ stageName }, place) => {
    if (stageName === 'Staging' || stageName === 'Production')
      resource.addPropertyOverride(`Stages.${place}.OnFailure.Result`, 'ROLLBACK');
  });
}

/** Rights of the projects that CDK Pipelines makes; it gives no way to write them narrower. */
function acceptFindingsOfPipeline(stack: Stack): void {
  const rows = [
    [
      String.raw`^Resource::arn:<AWS::Partition>:logs:.*:log-group:/aws/codebuild/(?:<\w+>:)?\*$`,
      'Streams of its own log.',
    ],
    [
      String.raw`^Resource::arn:<AWS::Partition>:codebuild:.*:report-group/(?:<\w+>-)?\*$`,
      'Reports of its own project.',
    ],
    [
      String.raw`^Resource::arn:\*:iam::\d+:role/\*$`,
      'Only roles with the tag of the bootstrap for publishing and deploying, by a condition.',
    ],
    [String.raw`^Resource::\*$`, 'Describes stacks, and assumes the roles of the bootstrap for publishing.'],
    [String.raw`^Action::(?:s3|kms):\w+\*$`, 'Artifacts of the pipeline, in its own bucket with its own key.'],
    [String.raw`^Resource::<PipelineArtifactsBucket\w+\.Arn>/\*$`, 'Artifacts of the pipeline, in its own bucket.'],
  ] as const;
  NagSuppressions.addStackSuppressions(stack, [
    ...rows.map(([regex, reason]) => ({ id: 'AwsSolutions-IAM5', reason, appliesTo: [{ regex: `/${regex}/` }] })),
    { id: 'AwsSolutions-S1', reason: 'The bucket holds artifacts that the repository and CDK make again.' },
  ]);
}
