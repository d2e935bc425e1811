import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

export interface Selected {
  readonly metric: string;
  /** Labels that it is asked for by. */
  readonly labels: readonly string[];
  /** `max`, `sum` or another: of the innermost aggregation around it; undefined: none. */
  readonly aggregation: string | undefined;
}

/** The series that a query asks for. @throws Error where it is no PromQL. */
export function selectedBy(query: string): Selected[] {
  const text = ({ from, to }: Node) => query.slice(from, to);
  const selected: Selected[] = [];
  parser.parse(query).iterate({
    enter({ node, type }) {
      if (type.isError) throw new Error(`no PromQL at ${node.from}: ${query}`);
      if (type.name !== 'VectorSelector') return;
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      selected.push({
        metric: text(node.getChild('Identifier')!),
        labels: matchers.map((matcher) => text(matcher.getChild('LabelName')!)),
        aggregation: aggregationOf(node, text),
      });
    },
  });
  return selected;
}

function aggregationOf({ parent }: Node, text: (node: Node) => string): string | undefined {
  if (!parent) return undefined;
  if (parent.name === 'AggregateExpr') return text(parent.getChild('AggregateOp')!);
  return aggregationOf(parent, text);
}
