import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

interface LogCall {
  readonly file: string;
  readonly level: string;
  /** Undefined where it is no literal. */
  readonly message: string | undefined;
  readonly fields: readonly string[];
}

const levels = ['debug', 'info', 'warn', 'error', 'fatal'];

/** Every call of a log in the sources of services and libs; fields of an object that is made elsewhere are not seen. */
export function logCalls(root: string): LogCall[] {
  const files = globSync('{libs,services}/*/src/**/*.ts', { cwd: root, exclude: ['**/*.spec.ts'] });
  return files.flatMap((file) => {
    const text = readFileSync(`${root}${file}`, 'utf8');
    return /\blog|makeLog/i.test(text) ? callsIn(file, text) : [];
  });
}

function callsIn(file: string, text: string): LogCall[] {
  const found: LogCall[] = [];
  const visit = (node: ts.Node): void => {
    const call = ts.isCallExpression(node) ? callOf(node) : undefined;
    if (call) found.push({ file, ...call });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

function callOf({ expression, arguments: given }: ts.CallExpression): Omit<LogCall, 'file'> | undefined {
  const isLog =
    ts.isPropertyAccessExpression(expression) || ts.isElementAccessExpression(expression)
      ? /(?:^|\.)(?:log|makeLog\(\))$/.test(expression.expression.getText())
      : false;
  if (!isLog) return undefined;
  const level = ts.isPropertyAccessExpression(expression) ? expression.name.text : 'info';
  if (!levels.includes(level)) return undefined;
  const [first] = given;
  const message = given.find((argument) => ts.isStringLiteral(argument));
  const fields =
    first && ts.isObjectLiteralExpression(first)
      ? first.properties.flatMap((property) => property.name?.getText() ?? [])
      : [];
  return { level, message: message?.text, fields };
}
