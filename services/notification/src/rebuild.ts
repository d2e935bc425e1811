import { runRebuild } from '@accord/platform';
import { readModels } from './read-models.ts';

process.exit(
  await runRebuild({ service: 'notification', models: readModels }, process.argv.slice(2), process.env),
);
