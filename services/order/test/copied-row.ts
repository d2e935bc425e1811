const escapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '\u001f': '\\\u001f',
};

/** A row as `COPY` of Postgres writes it in its form `text`, with U+001F for a delimiter. */
export const copiedRow = (cells: readonly string[]): Buffer =>
  Buffer.from(
    `${cells.map((cell) => cell.replaceAll(/[\b\f\n\r\t\v\\\u001f]/g, (sign) => escapes[sign]!)).join('\u001f')}\n`,
  );
