import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isThere, run, timed } from './shell.ts';

export interface Images {
  /** `name:tag` of the release, of the parts that development alone has, and of what holds a pod's network. */
  readonly release: string;
  readonly development: string;
  readonly pause: string;
}

const images: Images = {
  release: 'localhost/accord:proved',
  development: 'localhost/accord-development:proved',
  pause: 'localhost/accord-pause:proved',
};
const debianNode = `localhost/accord-node:${process.versions.node}`;

const buildah = (...args: string[]) => run('buildah', args);

/** Builds the images of this checkout. */
export async function buildImages(root: string): Promise<Images> {
  const node = await timed('image of Node', findNode);
  const folder = mkdtempSync(join(tmpdir(), 'accord-images-'));
  try {
    await timed('images of Accord', async () => {
      for (const target of ['production', 'development']) {
        const name = target === 'production' ? images.release : images.development;
        await buildah(
          ...['bud', '--isolation', 'chroot', '--format', 'docker', '--layers', '--target', target],
          ...['--build-arg', `NODE_IMAGE=${node}`, ...trusted(folder), '-t', name],
          ...['-f', join(root, 'deploy/docker/Dockerfile'), root],
        );
      }
    });
    await fromText(images.pause, `FROM ${node}\nCMD ["sleep", "infinity"]\n`, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return images;
}

/** Node as the Dockerfile names it, where its registry is reached; else Debian's system with Node's npm package. */
async function findNode(): Promise<string> {
  const named = 'docker.io/library/node:24.21.0-bookworm-slim';
  const made = await buildah('images', '--quiet', debianNode).catch(() => '');
  if (made) return debianNode;
  const isPulled = await buildah('pull', '--quiet', named).then(
    () => true,
    () => false,
  );
  if (isPulled) return named;
  if (!isThere('mmdebstrap'))
    throw new Error(`${named} cannot be pulled, and there is no mmdebstrap to make another with`);
  const folder = mkdtempSync(join(tmpdir(), 'accord-node-'));
  try {
    const system = join(folder, 'system');
    await run('mmdebstrap', [
      '--variant=minbase',
      '--include=ca-certificates,libstdc++6',
      ...['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      'bookworm',
      system,
    ]);
    await addNode(system);
    await fromText(debianNode, 'FROM scratch\nCOPY system/ /\nCMD ["node"]\n', folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return debianNode;
}

/** Node and npm as they are on this machine. */
async function addNode(system: string): Promise<void> {
  const packages = join(system, 'usr/local/lib/node_modules');
  mkdirSync(packages, { recursive: true });
  cpSync(realpathSync(process.execPath), join(system, 'usr/local/bin/node'));
  const npm = process.env['npm_execpath'] ?? (await run('sh', ['-c', 'command -v npm'])).trim();
  cpSync(dirname(dirname(realpathSync(npm))), join(packages, 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(system, 'usr/local/bin/npm'));
}

async function fromText(name: string, text: string, folder: string): Promise<void> {
  const file = join(folder, 'Containerfile');
  writeFileSync(file, text);
  await buildah('bud', '--isolation', 'chroot', '-t', name, '-f', file, folder);
}

/** The machine's settings of npm, its authorities among them, for a registry of its own. */
function trusted(folder: string): string[] {
  const bundle = process.env['NODE_EXTRA_CA_CERTS'];
  const own = join(process.env['HOME'] ?? '/root', '.npmrc');
  const settings = existsSync(own) ? readFileSync(own, 'utf8') : '';
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, bundle ? `${settings}\ncafile=${bundle}\n` : settings, { mode: 0o600 });
  const mounted = (from: string, to = from) => ['-v', `${from}:${to}:ro`];
  return [...mounted(npmrc, '/root/.npmrc'), ...(bundle ? mounted(dirname(bundle)) : [])];
}

/** Writes the images to files that containerd imports. */
export async function saveImages({ release, development, pause }: Images, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const name of [release, development, pause]) {
    const file = join(folder, `${name.replaceAll(/[^a-z0-9]/g, '-')}.tar`);
    await buildah('push', name, `docker-archive:${file}:${name}`);
    files.push(file);
  }
  return files;
}
