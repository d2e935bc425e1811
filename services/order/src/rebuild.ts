import { runRebuild } from '@accord/platform';
import { accountView } from './account-view.ts';

process.exit(
  await runRebuild({ service: 'order', models: [accountView] }, process.argv.slice(2), process.env),
);
