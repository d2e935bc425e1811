const oidOfText = 25;
const headBytes = 20;

/**
 * A `text[]` in the bytes in which the server keeps it. As text, every long value with quotes in it, such as JSON,
 * would be escaped here and read letter by letter there.
 */
export function textArray(values: readonly string[]): Buffer {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, headBytes));
  // Dimensions, whether there are nulls, the type of the elements, how many, and the index of the first.
  const head = [1, 0, oidOfText, values.length, 1];
  head.forEach((number, i) => bytes.writeInt32BE(number, 4 * i));
  let at = headBytes;
  values.forEach((value, i) => {
    at = bytes.writeInt32BE(lengths[i]!, at);
    at += bytes.write(value, at);
  });
  return bytes;
}
