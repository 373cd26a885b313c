/** ProxyConfigs: of several for one workload one counts. */
import { against, byAge, doubtful, type Problem, type ProxyConfigSpec, type Resource, refOf } from '@weft/model';
import type { Labels } from '../mesh/index.ts';
import type { Input } from '../passes/input.ts';
import type { Facts, ObjectCheck } from './facts.ts';

type ProxyConfig = Resource<ProxyConfigSpec>;

const selectorOf = ({ spec }: ProxyConfig): Labels => spec.selector?.matchLabels ?? {};
const isWhole = (config: ProxyConfig): boolean => Object.keys(selectorOf(config)).length === 0;

const selected = (config: ProxyConfig, { wanted }: Facts) => wanted.select(config.metadata.namespace, selectorOf(config));

const rivalOf = (config: ProxyConfig, older: readonly ProxyConfig[], facts: Facts): ProxyConfig | undefined => {
  const like = older.filter((other) => other.metadata.namespace === config.metadata.namespace && isWhole(other) === isWhole(config));
  if (isWhole(config)) return like[0];
  const own = selected(config, facts);
  return like.find((other) => selected(other, facts).some((workload) => own.includes(workload)));
};

/** Of equals the oldest counts, whole. */
export const proxyConfigs = (input: Input): ObjectCheck<'ProxyConfig'> => {
  const all = [...input.of('ProxyConfig')].sort(byAge);
  return {
    kind: 'ProxyConfig',
    reads: [],
    depends: (_, { wanted }) => [wanted, ...all],
    problems: (config, facts): readonly Problem[] => {
      if (!isWhole(config) && selected(config, facts).length === 0)
        return [
          doubtful('IST0127', 'spec.selector.matchLabels', [
            `the selector matches no workload of namespace \`${config.metadata.namespace}\``,
            'Correct the labels or the namespace.',
          ]),
        ];
      const rival = rivalOf(config, all.slice(0, all.indexOf(config)), facts);
      if (!rival) return [];
      const message = `ProxyConfig \`${rival.metadata.name}\` is older and is for the same workloads: that one counts`;
      return [against(refOf(rival), doubtful('WEFT0201', '', [message, 'Merge the two.']))];
    },
  };
};
