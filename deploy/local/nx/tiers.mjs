// The plugin of nx.json: a project has a target for each tier that it has spec files of.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The innermost project that holds the file, below the repository's root. */
function rootOf(file, workspaceRoot) {
  let folder = dirname(file);
  while (!['package.json', 'project.json'].some((name) => existsSync(join(workspaceRoot, folder, name))))
    folder = dirname(folder);
  return folder;
}

/** @type {import('@nx/devkit').CreateNodesV2} */
export const createNodesV2 = [
  '{libs,services,deploy,tests}/**/*.{unit,int,e2e}.spec.ts',
  (files, _options, { workspaceRoot }) => {
    const byProject = Map.groupBy([...files].sort(), (file) => rootOf(file, workspaceRoot));
    return [...byProject].map(([root, specs]) => {
      const byTier = Map.groupBy(specs, (file) => /\.(\w+)\.spec\.ts$/.exec(file)[1]);
      const targets = [...byTier].map(([tier, its]) => [
        tier,
        {
          command: `node deploy/local/setup.mjs test ${its.join(' ')}`,
          options: { cwd: '{workspaceRoot}' },
          metadata: { description: `${its.length} spec files` },
        },
      ]);
      return [specs[0], { projects: { [root]: { targets: Object.fromEntries(targets) } } }];
    });
  },
];
