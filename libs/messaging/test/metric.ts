/** The value of a metric of a running service: the sum of its lines that have `label` in them. */
export async function metricOf(opsUrl: string, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
  if (lines.length === 0 && !text.includes(`# TYPE ${name.replace(/_(?:count|sum)$/, '')} `))
    throw new Error(`there is no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
