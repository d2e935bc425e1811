import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { breakingChanges, type Document } from './compatibility.ts';
import { recordedFile, wholeDocument } from './document.ts';

// `npm run api:record`: records the compatible changes of the REST API, and refuses the others unless
// `--breaking` says that they are meant (docs/api.md).

const text = `${JSON.stringify(wholeDocument(), null, 1)}\n`;
const broken = existsSync(recordedFile)
  ? breakingChanges(JSON.parse(readFileSync(recordedFile, 'utf8')) as Document, JSON.parse(text) as Document)
  : [];
if (broken.length > 0) process.stderr.write(`These break clients (docs/api.md):\n${broken.join('\n')}\n`);
if (broken.length === 0 || process.argv.includes('--breaking')) writeFileSync(recordedFile, text);
else process.exitCode = 1;
