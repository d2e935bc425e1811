import { z } from 'zod';

/** `order.orderId`, for each field of a schema that has no more below it. */
export function pathsOf(schema: z.ZodType, at = ''): string[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, of]) =>
      pathsOf(of, at ? `${at}.${name}` : name),
    );
  if (schema instanceof z.ZodArray) return pathsOf(schema.element as z.ZodType, at);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((of) => pathsOf(of as z.ZodType, at));
  if (schema instanceof z.ZodPipe) return pathsOf(schema.in as z.ZodType, at);
  if ('unwrap' in schema) return pathsOf((schema as z.ZodOptional<z.ZodType>).unwrap(), at);
  return [at];
}
