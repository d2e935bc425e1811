// Prints, as JSON, the tasks of nx that npm test runs and the hash of the inputs of each. A process of its own:
// nx is as large as all the rest of npm test, and leaves handles open.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readNxJson } from 'nx/src/config/nx-json.js';
import { createProjectGraphAsync } from 'nx/src/devkit-exports.js';
import { createTaskHasher } from 'nx/src/hasher/create-task-hasher.js';
import { createTaskGraph } from 'nx/src/tasks-runner/create-task-graph.js';
import { workspaceDataDirectory } from 'nx/src/utils/cache-directory.js';
import type { Task } from './tasks.ts';

// A file's hash is kept with the second in which it was changed: a second change within that would not be seen.
rmSync(join(workspaceDataDirectory, 'nx_files.nxt'), { force: true });

const targets = ['lint', 'types', 'unit', 'int', 'e2e'];
const graph = await createProjectGraphAsync({ exitOnError: false });
const { tasks, ...others } = createTaskGraph(graph, {}, Object.keys(graph.nodes), targets, undefined, {});
const all = Object.values(tasks);
const environments = Object.fromEntries(all.map(({ id }) => [id, {}]));
const hasher = createTaskHasher(graph, readNxJson(), {});
const hashes = await hasher.hashTasks(all, { tasks, ...others }, environments);
const hashed: Task[] = all.map(({ id, target }, i) => ({
  id,
  target: target.target,
  root: graph.nodes[target.project]!.data.root,
  hash: hashes[i]!.value,
}));
process.stdout.write(JSON.stringify(hashed), () => process.exit(0));
