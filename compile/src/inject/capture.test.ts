import { describe, expect, it } from 'vitest';
import { captureRules, readCapture } from './index.ts';

const istio = (name: string) => `traffic.sidecar.istio.io/${name}`;

describe('captureRules', () => {
  it('leads everything through Envoy, Envoy itself excepted', () => {
    expect(captureRules({ proxyMark: 0x539, dnsAddress: '169.254.20.1' })).toBe(`*nat
:MESH_IN - [0:0]
:MESH_IN_REDIRECT - [0:0]
:MESH_OUTPUT - [0:0]
:MESH_OUT_REDIRECT - [0:0]
-A PREROUTING -p tcp -j MESH_IN
-A MESH_IN -p tcp -m multiport --dports 15008,15020,15021,15090 -j RETURN
-A MESH_IN -p tcp -j MESH_IN_REDIRECT
-A MESH_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT -p tcp -j MESH_OUTPUT
-A MESH_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A MESH_OUTPUT ! -d 127.0.0.1/32 -o lo -m mark --mark 0x539 -j MESH_IN_REDIRECT
-A MESH_OUTPUT -o lo -m mark ! --mark 0x539 -j RETURN
-A MESH_OUTPUT -m mark --mark 0x539 -j RETURN
-A MESH_OUTPUT -d 127.0.0.1/32 -j RETURN
-A MESH_OUTPUT -d 169.254.20.1 -p tcp --dport 53 -j RETURN
-A MESH_OUTPUT -p tcp -j MESH_OUT_REDIRECT
-A MESH_OUT_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`);
  });

  it('captures only the ports and ranges that a pod names', () => {
    const rules = captureRules({
      proxyMark: 1,
      annotations: {
        [istio('includeInboundPorts')]: '8080, 9090',
        [istio('includeOutboundIPRanges')]: '10.96.0.0/12',
        [istio('excludeOutboundPorts')]: '5432',
        [istio('includeOutboundPorts')]: '443',
      },
    });
    expect(rules).toContain('-A MESH_IN -p tcp -m multiport --dports 8080,9090 -j MESH_IN_REDIRECT');
    expect(rules).not.toContain('-A MESH_IN -p tcp -j MESH_IN_REDIRECT');
    expect(rules).toContain('-A MESH_OUTPUT -p tcp -d 10.96.0.0/12 -j MESH_OUT_REDIRECT');
    expect(rules).not.toContain('-A MESH_OUTPUT -p tcp -j MESH_OUT_REDIRECT');
    const lines = rules.split('\n');
    const excluded = lines.indexOf('-A MESH_OUTPUT -p tcp -m multiport --dports 5432 -j RETURN');
    const included = lines.indexOf('-A MESH_OUTPUT -p tcp -m multiport --dports 443 -j MESH_OUT_REDIRECT');
    expect(excluded).toBeGreaterThan(0);
    expect(included).toBeGreaterThan(excluded);
  });

  it('captures nothing inbound for an empty list, and splits long ones', () => {
    const ports = Array.from({ length: 16 }, (_, i) => 7000 + i).join(',');
    const rules = captureRules({
      proxyMark: 1,
      annotations: { [istio('includeInboundPorts')]: '', [istio('excludeOutboundPorts')]: ports },
    });
    expect(rules).not.toContain('-j MESH_IN_REDIRECT\n-A MESH_IN_REDIRECT');
    expect(rules).toContain('--dports 7015 -j RETURN');
  });

  it('lets no text of an annotation into the rules', () => {
    const evil = '80\nCOMMIT\n*filter\n-F, 99999, 10.0.0.0/40';
    const annotations = { [istio('excludeInboundPorts')]: evil, [istio('excludeOutboundIPRanges')]: evil };
    expect(captureRules({ proxyMark: 1, annotations })).toBe(captureRules({ proxyMark: 1 }));
    expect(readCapture(annotations).problems.length).toBe(6);
  });

  it('leads IPv6 through Envoy by the same rules; ranges of IPv4 exempt nothing of it', () => {
    const narrow = { [istio('includeOutboundIPRanges')]: '10.96.0.0/12', [istio('excludeOutboundIPRanges')]: '10.97.0.0/16' };
    const rules = captureRules({ proxyMark: 0x539, dnsAddress: 'fd00:10:169::1', annotations: narrow }, 'IPv6').split('\n');
    expect(rules.filter((rule) => rule.startsWith('-A MESH_OUTPUT'))).toEqual([
      '-A MESH_OUTPUT -s ::6/128 -o lo -j RETURN',
      '-A MESH_OUTPUT ! -d ::1/128 -o lo -m mark --mark 0x539 -j MESH_IN_REDIRECT',
      '-A MESH_OUTPUT -o lo -m mark ! --mark 0x539 -j RETURN',
      '-A MESH_OUTPUT -m mark --mark 0x539 -j RETURN',
      '-A MESH_OUTPUT -d ::1/128 -j RETURN',
      '-A MESH_OUTPUT -d fd00:10:169::1 -p tcp --dport 53 -j RETURN',
      '-A MESH_OUTPUT -p tcp -j MESH_OUT_REDIRECT',
    ]);
    const nothing = { [istio('includeOutboundIPRanges')]: '' };
    expect(captureRules({ proxyMark: 1, annotations: nothing }, 'IPv6')).not.toContain('-j MESH_OUT_REDIRECT');
  });
});
