// Makes a release of the commit that is checked out (docs/decisions/0022): records what others may rely on from
// then on under deploy/releases, and dates its heading in the changelog. Its files are to be committed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../command-line.ts';
import { brokenPromises, lastRelease, promisesNow, releasesFolder, root, writeRelease } from './record.ts';

const version = commandLine('npm run release -- <version>', {}, ({ positionals }) => {
  const [asked, ...more] = positionals;
  if (!/^\d+\.\d+\.\d+$/.test(asked ?? '') || more.length > 0)
    throw new Error('the version is missing, such as 0.1.0');
  return asked!;
});

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: fileURLToPath(root), encoding: 'utf8' }).trim();
const changelogFile = new URL('CHANGELOG.md', root);

async function make(): Promise<void> {
  const packages = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
  if (packages.version !== version) throw new Error(`package.json has the version ${packages.version}`);
  if (git('status', '--porcelain') !== '') throw new Error('there are changes that no commit has');
  const changelog = readFileSync(changelogFile, 'utf8');
  const heading = `## ${version} · unreleased\n`;
  if (!changelog.includes(heading)) throw new Error(`CHANGELOG.md has no line "${heading.trim()}"`);
  const now = await promisesNow();
  const last = lastRelease();
  const broken = last ? brokenPromises(last, now) : [];
  if (broken.length > 0) throw new Error(`this breaks what ${last!.version} promised:\n${broken.join('\n')}`);
  const [commit, madeOn] = [git('rev-parse', 'HEAD'), new Date().toISOString().slice(0, 10)];
  writeRelease(releasesFolder, { version, commit, madeOn }, now);
  writeFileSync(changelogFile, changelog.replace(heading, `## ${version} · ${madeOn}\n`));
  console.log(`${version} is recorded in deploy/releases/${version}, made of ${commit}: commit it.`);
}

await make().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
