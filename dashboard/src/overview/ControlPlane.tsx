import { Link } from '@tanstack/react-router';
import type { Finding, ProxyStatus, Status } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Figure, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';

/** Whether what was configured runs everywhere, and what of it is wrong. */
export const ControlPlane = () => {
  const status = useAsk<Status>({ path: '/status', topics: ['status', 'workloads', 'resources'] });
  const proxies = useAsk<{ items: readonly ProxyStatus[] }>({ path: '/proxies', topics: ['proxies'] });
  const findings = useAsk<{ items: readonly Finding[] }>({ path: '/findings', topics: ['findings', 'resources'] });
  return (
    <Panel
      title={<Link to={'/config' as never}>Configuration and proxies</Link>}
      tools={<Link to={'/control-plane' as never}>Control plane</Link>}
    >
      <dl className="figures">
        <Answer of={status} loading="Asking the control plane">
          {({ ready, revision, pods, version }) => (
            <>
              <Figure name="Mesh" tone={ready ? 'good' : 'warn'}>
                {ready ? 'ready' : 'starting'}
              </Figure>
              <Figure name="Pods ready">
                {pods.ready} of {pods.desired}
              </Figure>
              <Figure name="Revision">
                <Link to={`/history/${revision}` as never}>{revision}</Link>
              </Figure>
              <Figure name="Version">{version}</Figure>
            </>
          )}
        </Answer>
        <Answer of={proxies} loading="Asking for the proxies">
          {({ items }) => {
            const inStep = items.filter((proxy) => proxy.connected && proxy.inStep).length;
            return (
              <Figure name="Proxies in step" tone={inStep === items.length ? 'good' : 'warn'}>
                {inStep} of {items.length}
              </Figure>
            );
          }}
        </Answer>
        <Answer of={findings} loading="Asking for findings">
          {({ items }) => {
            const errors = items.filter(({ severity }) => severity === 'error').length;
            return (
              <Figure name="Findings" tone={errors > 0 ? 'bad' : items.length > 0 ? 'warn' : 'good'}>
                {errors > 0 ? `${errors} errors, ${items.length - errors} others` : items.length}
              </Figure>
            );
          }}
        </Answer>
      </dl>
    </Panel>
  );
};
