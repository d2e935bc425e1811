import { runRebuild } from '@accord/platform';
import { readModels } from './read-models.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.exit(await runRebuild({ service: 'notification', models: readModels }, process.argv.slice(2), process.env, stop.signal));
