/** Where Envoy can listen: as a sidecar it has no privileges, and two ports are its own. */
import { inboundCapturePort, outboundCapturePort } from './names.ts';

/** They stand for nothing else. */
export const isCapturePort = (port: number): boolean => port === outboundCapturePort || port === inboundCapturePort;

/** What Envoy cannot bind it would refuse with everything that came along. */
export const canBind = ({ bind, bindToPort }: { readonly bind: string; readonly bindToPort: boolean }, port: number): boolean =>
  !bindToPort || bind.startsWith('/') || (port >= 1024 && !isCapturePort(port));
