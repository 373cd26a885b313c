/**
 * What the callers of one workload do, and what its proxy must accept meanwhile [S93]: a mode of mutual TLS may change only when nobody
 * does what the next one refuses. Pure: three questions to a table of ports.
 */
import type { PeerModes, PeerStage } from '@weft/compile';

interface Manner {
  readonly mtls: boolean;
  /** They were told lately, and some may still do the other. */
  readonly mixed: boolean;
}

/** By the workload's own port; `''` is every other one. */
export type Callers = Readonly<Record<string, Manner>>;

const others = '';

const isMtls = (modes: PeerModes, port: string): boolean => (modes.ports[Number(port)] ?? modes.mode) !== 'DISABLE';

const mannerAt = (callers: Callers, port: string): Manner => callers[port] ?? callers[others] ?? { mtls: true, mixed: false };

const everyPort = (callers: Callers, { ports }: PeerModes): readonly string[] => [
  ...new Set([others, ...Object.keys(callers), ...Object.keys(ports)]),
];

/** Of a workload that nobody called before, or whom all call as they should. */
export const settledCallers = (modes: PeerModes): Callers =>
  Object.fromEntries([others, ...Object.keys(modes.ports)].map((port) => [port, { mtls: isMtls(modes, port), mixed: false }]));

/** Of a workload that begins while others change: where clients dial endpoints themselves, they may call it as those [S95]. */
export const uncertainCallers = (modes: PeerModes): Callers =>
  Object.fromEntries(Object.entries(settledCallers(modes)).map(([port, { mtls }]) => [port, { mtls, mixed: true }]));

const isMoving = (callers: Callers, modes: PeerModes, port: string): boolean => {
  const { mtls, mixed } = mannerAt(callers, port);
  return mixed || mtls !== isMtls(modes, port);
};

const stagePorts = (ports: readonly string[], modeAt: (port: string) => PeerModes['mode']): PeerModes => ({
  mode: modeAt(others),
  ports: Object.fromEntries(ports.filter((port) => port !== others).map((port) => [port, modeAt(port)])),
});

/** Both ways where callers may come both ways; undefined: nothing stands in the way of the modes. */
export const stageOf = (callers: Callers, modes: PeerModes): PeerStage | undefined => {
  const ports = everyPort(callers, modes);
  if (!ports.some((port) => isMoving(callers, modes, port))) return undefined;
  return {
    accepts: stagePorts(ports, (port) => (isMoving(callers, modes, port) ? 'PERMISSIVE' : (modes.ports[Number(port)] ?? modes.mode))),
    told: stagePorts(ports, (port) => (mannerAt(callers, port).mtls ? 'PERMISSIVE' : 'DISABLE')),
  };
};

/** All that the last stage says is in force: who was told has done it, and who must do otherwise is told now. */
export const advanced = (callers: Callers, modes: PeerModes): Callers =>
  Object.fromEntries(
    everyPort(callers, modes).map((port) => {
      const mtls = isMtls(modes, port);
      return [port, { mtls, mixed: mannerAt(callers, port).mtls !== mtls }];
    }),
  );
