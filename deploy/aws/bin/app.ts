import { App, Aspects } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PipelineStack } from '../lib/pipeline';
import { settingsOfFile } from '../lib/settings';
import { Pm500Stack } from '../lib/stack';

const app = new App();
const settings = settingsOfFile();
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
// Without credentials the stack is that of any account.
const env = account === undefined || region === undefined ? {} : { env: { account, region } };
new Pm500Stack(app, 'Pm500', settings, env);
if (settings.pipeline !== undefined) new PipelineStack(app, 'Pm500Pipeline', settings, settings.pipeline);
// A finding ends the synthesis.
Aspects.of(app).add(new AwsSolutionsChecks({ verbose: true }));
