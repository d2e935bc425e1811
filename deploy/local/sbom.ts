import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface ShippedPackage {
  /** `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** SPDX expression; empty where the package does not tell one. */
  readonly license: string;
}

interface Component {
  readonly 'bom-ref': string;
  licenses?: readonly { license?: { id?: string; name?: string }; expression?: string }[];
}
interface Dependencies {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}
interface Document {
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependencies[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of packages whose package.json says it in no way that SPDX knows; read in their files. */
const readInFiles: Readonly<Record<string, string>> = { 'nub@0.0.0': 'MIT', 'png-js@2.0.0': 'MIT' };
/** Taken out of the image: of the tests. */
const removed = ['@accord/testing'];

interface Locked {
  /** Where it is not its folder's. */
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean }>>;
}

/**
 * Packages of the production image, as its Dockerfile asks npm for them, from the lock alone. `npm sbom` with `--omit`
 * or `--workspace` leaves out packages that are installed, so it is asked for all, and what is reached is kept.
 */
export function packagesOfImage(): { document: Document; packages: readonly ShippedPackage[] } {
  const asked = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const all = JSON.parse(
    execFileSync('npm', asked, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }),
  ) as Document;
  const kept = reached(installed());
  const components = all.components.filter((component) => kept.has(component['bom-ref']));
  for (const component of components) {
    const id = nameOf(component).startsWith('@accord/') ? 'Apache-2.0' : readInFiles[component['bom-ref']];
    if (!component.licenses && id) component.licenses = [{ license: { id } }];
  }
  const dependencies = all.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => kept.has(name)) }));
  return { document: { ...all, components, dependencies }, packages: components.map(shipped) };
}

function shipped(component: Component): ShippedPackage {
  const name = nameOf(component);
  const told = (component.licenses ?? []).map(
    ({ license, expression }) => expression ?? license?.id ?? license?.name ?? '',
  );
  return { name, version: component['bom-ref'].slice(name.length + 1), license: told.join(' AND ') };
}

/** `name@version` of all that these folders of the lock depend on, and of themselves. */
function reached(folders: readonly string[]): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const found = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...folders];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { link, resolved, ...locked } = packages[path]!;
    if (link) waiting.push(resolved!);
    if (link || seen.has(path)) continue;
    seen.add(path);
    found.add(`${locked.name ?? path.replace(/^.*node_modules\//, '')}@${locked.version}`);
    for (const name of wantedBy(locked)) waiting.push(placeOf(name, path, packages));
  }
  return found;
}

const wantedBy = ({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: Locked) =>
  [
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
  ].filter((name) => !removed.includes(name));

/** Where Node finds a package from another: in its own folder, or in one above. */
function placeOf(name: string, from: string, packages: Readonly<Record<string, Locked>>): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = [folder, 'node_modules', name].filter(Boolean).join('/');
    if (packages[path]) return path;
    if (!folder) throw new Error(`package-lock.json has no ${name} for ${from}`);
  }
}

/** The folders of ours that the Dockerfile's stage `packages` asks for. */
function installed(): readonly string[] {
  const file = readFileSync(join(root, 'deploy/docker/Dockerfile'), 'utf8');
  const [, options] = /AS packages\nRUN npm ci ((?:[^&]|\\\n)+?)&&/.exec(file) ?? [];
  const folders = [...(options ?? '').matchAll(/--workspace=(\S+)/g)].map(([, folder]) => folder!);
  if (folders.length === 0) throw new Error('the Dockerfile has no stage packages with an `npm ci`');
  return folders;
}

/** Without the version, whose sign @ is the last but for a folder behind it. */
const nameOf = (component: Component): string => /^(@?[^@]+)@/.exec(component['bom-ref'])![1]!;
