import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, ServicePrincipal, type Role } from 'aws-cdk-lib/aws-iam';
import {
  CfnCACertificate,
  CfnCertificate,
  CfnJobTemplate,
  CfnPolicy,
  CfnPolicyPrincipalAttachment,
  CfnProvisioningTemplate,
  CfnThingGroup,
  CfnThingType,
} from 'aws-cdk-lib/aws-iot';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { cleaning } from './cleaning';
import { NAMES, policyDocument, provisioningTemplate, ROTATION_JOB } from './documents';
import { handler, serviceRole } from './functions';
import { useOfKey } from './key';
import type { Settings } from './settings';
import { WITHOUT_RESOURCE } from './wildcards';

/** Edges in AWS IoT: what they are, what they may do, and how they get and replace their certificates. */
export class Identities extends Construct {
  /** Functions that are asked before a certificate gets its thing. */
  readonly hooks: readonly LambdaFunction[];
  /** Deletes revoked certificates. */
  readonly cleanUp: LambdaFunction;
  private readonly iotArn: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly settings: Settings,
    private readonly key: Key,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    this.iotArn = `arn:aws:iot:${stack.region}:${stack.account}`;
    const type = new CfnThingType(this, 'ThingType', {
      thingTypeName: NAMES.thingType,
      thingTypeProperties: {
        thingTypeDescription: 'A computer with PowerMonitor 500 for Node-RED',
        searchableAttributes: ['site'],
      },
    });
    const group = new CfnThingGroup(this, 'ThingGroup', {
      thingGroupName: NAMES.thingGroup,
      thingGroupProperties: { thingGroupDescription: 'All edges; jobs for the fleet go to it' },
    });
    const edge = new CfnPolicy(this, 'EdgePolicy', {
      policyName: NAMES.edgePolicy,
      policyDocument: policyDocument(stack, 'edge'),
    });
    const sparkplug = this.sparkplugPolicy();
    const role = this.provisioningRole();
    const claimHook = this.hook('ClaimHook', 'pre-provision-claim', 'Lets expected things have a first certificate', [
      new PolicyStatement({
        sid: 'ReadThings',
        actions: ['iot:DescribeThing', 'iot:ListThingPrincipals'],
        resources: [`${this.iotArn}:thing/*`],
      }),
      new PolicyStatement({
        sid: 'ReadCertificates',
        actions: ['iot:DescribeCertificate'],
        resources: [`${this.iotArn}:cert/*`],
      }),
    ]);
    const rotationHook = this.hook(
      'RotationHook',
      'pre-provision-rotation',
      'Lets a thing have another certificate',
      [],
    );
    this.hooks = [claimHook, rotationHook];
    const templates = [
      this.template(NAMES.claimTemplate, role, claimHook),
      this.template(NAMES.rotationTemplate, role, rotationHook),
    ];
    const parts = [type, group, edge, ...sparkplug];
    for (const template of templates) for (const part of parts) template.addResourceDependency(part);
    this.rotationJob();
    this.cleanUp = cleaning(this, key, settings, [NAMES.edgePolicy, ...this.furtherPolicies]);
    this.claim();
    this.ownAuthority(role, parts);
  }

  /** Policies that a certificate gets beside that of edges; each rotation gives them to the new one. */
  private get furtherPolicies(): readonly string[] {
    return this.settings.sparkplugGroup === undefined ? [] : [NAMES.sparkplugPolicy];
  }

  private sparkplugPolicy(): readonly CfnPolicy[] {
    const { sparkplugGroup } = this.settings;
    if (sparkplugGroup === undefined) return [];
    const document = policyDocument(Stack.of(this), 'sparkplug', sparkplugGroup);
    return [new CfnPolicy(this, 'SparkplugPolicy', { policyName: NAMES.sparkplugPolicy, policyDocument: document })];
  }

  /** What AWS IoT may do for a template: make things of this type, and give them the one policy. */
  private provisioningRole(): Role {
    const { iotArn } = this;
    return serviceRole(this, 'ProvisioningRole', 'iot.amazonaws.com', [
      new PolicyStatement({
        sid: 'Things',
        actions: [
          'iot:CreateThing',
          'iot:DescribeThing',
          'iot:UpdateThing',
          'iot:ListThingGroupsForThing',
          'iot:ListThingPrincipals',
        ],
        resources: [`${iotArn}:thing/*`],
      }),
      new PolicyStatement({
        sid: 'Type',
        actions: ['iot:CreateThing', 'iot:UpdateThing', 'iot:DescribeThingType'],
        resources: [`${iotArn}:thingtype/${NAMES.thingType}`],
      }),
      new PolicyStatement({
        sid: 'Group',
        actions: ['iot:AddThingToThingGroup', 'iot:DescribeThingGroup'],
        resources: [`${iotArn}:thinggroup/${NAMES.thingGroup}`, `${iotArn}:thing/*`],
      }),
      new PolicyStatement({
        sid: 'Certificates',
        actions: ['iot:DescribeCertificate', 'iot:UpdateCertificate', 'iot:AttachPolicy', 'iot:ListAttachedPolicies'],
        resources: [`${iotArn}:cert/*`],
      }),
      new PolicyStatement({
        sid: 'Policy',
        actions: ['iot:GetPolicy', 'iot:AttachPolicy'],
        resources: [NAMES.edgePolicy, ...this.furtherPolicies].map((name) => `${iotArn}:policy/${name}`),
      }),
      new PolicyStatement({
        sid: 'WithoutResource',
        actions: [...WITHOUT_RESOURCE],
        resources: ['*'],
      }),
    ]);
  }

  private hook(
    id: string,
    folder: string,
    description: string,
    statements: readonly PolicyStatement[],
  ): LambdaFunction {
    // AWS IoT waits 5 seconds for an answer.
    const found = handler(this, id, {
      folder,
      description,
      statements,
      key: this.key,
      timeout: 5,
      memoryMiB: 256,
      environment: { THING_TYPE: NAMES.thingType },
    });
    found.addPermission('AskedByAwsIot', {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: `${this.iotArn}:provisioningtemplate/${folder === 'pre-provision-claim' ? NAMES.claimTemplate : NAMES.rotationTemplate}`,
    });
    return found;
  }

  private template(name: string, role: Role, hook: LambdaFunction): CfnProvisioningTemplate {
    const template = new CfnProvisioningTemplate(this, `Template-${name}`, {
      templateName: name,
      templateType: 'FLEET_PROVISIONING',
      enabled: true,
      provisioningRoleArn: role.roleArn,
      templateBody: provisioningTemplate('provision', this.furtherPolicies),
      preProvisioningHook: { payloadVersion: '2020-04-01', targetArn: hook.functionArn },
    });
    template.node.addDependency(hook);
    return template;
  }

  /** An operator makes a job of it for one thing or the group; the edge takes it up at its next nightly run. */
  private rotationJob(): void {
    // These properties are JSON to CDK, which does not put their names right.
    new CfnJobTemplate(this, 'RotationJob', {
      jobTemplateId: 'pm500-rotate-certificate',
      description: 'Has edges replace their certificates, some at a time',
      document: JSON.stringify(ROTATION_JOB),
      jobExecutionsRolloutConfig: {
        ExponentialRolloutRate: {
          BaseRatePerMinute: 5,
          IncrementFactor: 2,
          RateIncreaseCriteria: { NumberOfSucceededThings: 20 },
        },
        MaximumPerMinute: 50,
      },
      abortConfig: {
        CriteriaList: [
          { Action: 'CANCEL', FailureType: 'FAILED', MinNumberOfExecutedThings: 5, ThresholdPercentage: 20 },
        ],
      },
      timeoutConfig: { InProgressTimeoutInMinutes: 2880 },
    });
  }

  /** The claim certificate comes of a request, so that its key stands in no template; the owner puts the key into the secret. */
  private claim(): void {
    const policy = new CfnPolicy(this, 'ClaimPolicy', {
      policyName: NAMES.claimPolicy,
      policyDocument: policyDocument(Stack.of(this), 'claim'),
    });
    const secret = new CfnSecret(this, 'ClaimKey', {
      name: 'pm500/claim-key',
      description:
        'Key of the claim certificate of edges: the account owner puts it in, who installs an edge takes it out',
      kmsKeyId: this.key.keyArn,
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new ManagedPolicy(this, 'InstallEdges', {
      managedPolicyName: 'pm500-install-edges',
      description: 'For people who install edges: name a thing beforehand, read the claim key',
      statements: [
        new PolicyStatement({
          sid: 'ReadClaimKey',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secret.ref],
        }),
        useOfKey(this.key, 'kms:Decrypt'),
        new PolicyStatement({
          sid: 'NameThings',
          actions: ['iot:CreateThing', 'iot:DescribeThing'],
          resources: [`${this.iotArn}:thing/*`, `${this.iotArn}:thingtype/${NAMES.thingType}`],
        }),
      ],
    });
    const { claimRequest } = this.settings;
    if (claimRequest === undefined) return;
    const certificate = new CfnCertificate(this, 'ClaimCertificate', {
      certificateSigningRequest: claimRequest,
      status: 'ACTIVE',
    });
    const attachment = new CfnPolicyPrincipalAttachment(this, 'ClaimRights', {
      policyName: NAMES.claimPolicy,
      principal: certificate.attrArn,
    });
    attachment.addResourceDependency(policy);
    new CfnOutput(this, 'ClaimCertificateId', { value: certificate.ref });
  }

  /** Just-in-time provisioning for an enterprise whose own authority signs the certificates of edges. */
  private ownAuthority(role: Role, needed: readonly (CfnThingType | CfnThingGroup | CfnPolicy)[]): void {
    const { ownAuthority } = this.settings;
    if (ownAuthority === undefined) return;
    const template = new CfnProvisioningTemplate(this, 'OwnAuthorityTemplate', {
      templateName: NAMES.ownAuthorityTemplate,
      templateType: 'JITP',
      enabled: true,
      provisioningRoleArn: role.roleArn,
      templateBody: provisioningTemplate('own-authority', this.furtherPolicies),
    });
    for (const part of needed) template.addResourceDependency(part);
    const authority = new CfnCACertificate(this, 'OwnAuthority', {
      caCertificatePem: ownAuthority,
      // Clients name the server (SNI), so that no verification certificate of the authority is needed.
      certificateMode: 'SNI_ONLY',
      status: 'ACTIVE',
      autoRegistrationStatus: 'ENABLE',
      registrationConfig: { templateName: NAMES.ownAuthorityTemplate },
    });
    authority.addResourceDependency(template);
  }
}
