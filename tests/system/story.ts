import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playStory, type DemoSettings } from '@accord/local';
import { loadProfile } from '@accord/profile';

// The system that the tests of the whole share: each service a process of its own, real Postgres, Kafka and
// SMTP, through the front door.

const folders: string[] = [];

/** A folder that `removeFolders` takes away. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'accord-'));
  folders.push(made);
  return made;
}

export const removeFolders = () => folders.forEach((made) => rmSync(made, { recursive: true, force: true }));

/** The provider's profile with an order's time to be paid cut to seconds, as `npm start` does. */
export function hurried(profile: string, payWithin: string): string {
  const file = join(folder(), `${profile}.json`);
  writeFileSync(
    file,
    JSON.stringify({
      extends: profile,
      version: '1-test',
      orders: { payWithin, payWithinWhenContracted: 'PT30M' },
      // One account races for many refunds.
      refunds: { abuse: null },
    }),
  );
  return file;
}

/** Plays the story; what was told is shown where it fails. */
export async function runStory({
  profile,
  ...ask
}: Omit<DemoSettings, 'say' | 'rules'> & { profile: string }): Promise<string> {
  const told: string[] = [];
  try {
    await playStory({ ...ask, rules: loadProfile(profile), say: (line) => told.push(line) });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${told.slice(-60).join('\n')}`, { cause: error });
  }
  return told.join('\n');
}
