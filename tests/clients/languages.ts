import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A command with its arguments, and where it runs; `unless` names a file that it makes and that may be kept. */
export interface Step {
  readonly command: readonly [string, ...string[]];
  readonly in?: string;
  readonly unless?: string;
}

export interface Language {
  readonly name: string;
  /** Commands without which it is left out. */
  readonly needs: readonly string[];
  /** Brings the tool, makes a client of the document, puts the program beside it and compiles both. */
  readonly steps: readonly Step[];
  /** Places an order and prints its id, its amount and the currency. */
  readonly run: Step;
}

const version = { oapiCodegen: 'v2.8.2', openApiGenerator: '7.25.0', openApiPythonClient: '0.29.1' };
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const binOf = (name: string) =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin');

const copy = (program: string, to: string): Step => ({ command: ['cp', here(program), to] });

/**
 * @param document the file of the OpenAPI document.
 * @param home a folder that may be kept: tools lie in it, and clients, which are made anew.
 */
export function languages(document: string, home: string): readonly Language[] {
  const at = (...path: string[]) => join(home, ...path);
  return [typescript(document, at), python(document, at), go(document, at), java(document, at)];
}

type At = (...path: string[]) => string;

function typescript(document: string, at: At): Language {
  // A module wherever the folder lies: there need be no package.json above it.
  const program = at('typescript', 'place-order.mts');
  const options =
    '--ignoreConfig --noEmit --strict --target es2024 --module nodenext --allowImportingTsExtensions --types node';
  return {
    name: 'TypeScript, openapi-typescript',
    needs: [],
    steps: [
      { command: ['mkdir', '-p', at('typescript')] },
      {
        command: [
          process.execPath,
          join(binOf('openapi-typescript'), 'cli.js'),
          document,
          '--output',
          at('typescript', 'accord.ts'),
        ],
      },
      copy('typescript/place-order.mts.template', program),
      { command: [process.execPath, join(binOf('typescript7'), 'tsc'), ...options.split(' '), program] },
    ],
    run: { command: [process.execPath, program] },
  };
}

function python(document: string, at: At): Language {
  const bin = at('python', 'bin');
  const client = at('python-client');
  return {
    name: 'Python, openapi-python-client',
    needs: ['python3'],
    steps: [
      { command: ['python3', '-m', 'venv', at('python')], unless: bin },
      {
        command: [
          join(bin, 'pip'),
          'install',
          '--quiet',
          `openapi-python-client==${version.openApiPythonClient}`,
        ],
        unless: join(bin, 'openapi-python-client'),
      },
      {
        command: [
          join(bin, 'openapi-python-client'),
          'generate',
          '--overwrite',
          '--path',
          document,
          '--output-path',
          client,
          '--config',
          here('python/config.yml'),
        ],
      },
      copy('python/place_order.py', client),
      { command: [join(bin, 'python'), '-m', 'compileall', '-q', client] },
    ],
    run: { command: [join(bin, 'python'), join(client, 'place_order.py')], in: client },
  };
}

function go(document: string, at: At): Language {
  const tool = at('go', 'oapi-codegen');
  const module = at('go-client');
  const generated = join(module, 'accord', 'accord.go');
  const source = `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@${version.oapiCodegen}`;
  return {
    name: 'Go, oapi-codegen',
    needs: ['go'],
    steps: [
      { command: ['env', `GOBIN=${at('go')}`, 'go', 'install', source], unless: tool },
      { command: ['mkdir', '-p', join(module, 'accord')] },
      { command: [tool, '-generate', 'types,client', '-package', 'accord', '-o', generated, document] },
      copy('go/main.go', module),
      {
        command: ['go', 'mod', 'init', 'accord.example/client'],
        in: module,
        unless: join(module, 'go.mod'),
      },
      { command: ['go', 'mod', 'tidy'], in: module },
      { command: ['go', 'build', '-o', 'place-order', '.'], in: module },
    ],
    run: { command: [join(module, 'place-order')] },
  };
}

function java(document: string, at: At): Language {
  const artifact = 'org/openapitools/openapi-generator-cli';
  const file = `openapi-generator-cli-${version.openApiGenerator}.jar`;
  const jar = join(homedir(), '.m2/repository', artifact, version.openApiGenerator, file);
  const client = at('java-client');
  const wanted = `${artifact.replace('org/openapitools/', 'org.openapitools:')}:${version.openApiGenerator}`;
  const properties = 'openApiNullable=false,useJakartaEe=true,hideGenerationTimestamp=true';
  const without = 'apiTests=false,modelTests=false,apiDocs=false,modelDocs=false';
  return {
    name: 'Java, openapi-generator',
    needs: ['java', 'mvn'],
    steps: [
      {
        command: ['mvn', '--quiet', 'dependency:get', `-Dartifact=${wanted}`, '-Dtransitive=false'],
        unless: jar,
      },
      {
        command: [
          ...(['java', '-jar', jar, 'generate', '--generator-name', 'java', '--library', 'native'] as const),
          ...['--input-spec', document, '--output', client],
          ...['--additional-properties', properties, '--global-property', without],
        ],
      },
      copy('java/PlaceOrder.java', join(client, 'src/main/java')),
      {
        command: ['mvn', '--quiet', 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'],
        in: client,
      },
    ],
    run: { command: ['sh', '-c', 'java -cp "target/classes:$(cat classpath)" PlaceOrder'], in: client },
  };
}
