/** The console's nouns in the order of its navigation. Each has a folder, and its routes there. */
import {
  Activity,
  Bell,
  Boxes,
  Cpu,
  FileCode,
  LayoutDashboard,
  type LucideIcon,
  Map as MapIcon,
  Radio,
  Route,
  Server,
  Shield,
} from 'lucide-react';

export interface Noun {
  readonly path: string;
  readonly name: string;
  readonly icon: LucideIcon;
}

export const nouns: readonly Noun[] = [
  { path: '/', name: 'Overview', icon: LayoutDashboard },
  { path: '/map', name: 'Map', icon: MapIcon },
  { path: '/services', name: 'Services', icon: Boxes },
  { path: '/workloads', name: 'Workloads', icon: Server },
  { path: '/traffic', name: 'Traffic', icon: Route },
  { path: '/security', name: 'Security', icon: Shield },
  { path: '/traces', name: 'Traces', icon: Activity },
  { path: '/alerts', name: 'Alerts', icon: Bell },
  { path: '/config', name: 'Configuration', icon: FileCode },
  { path: '/control-plane', name: 'Control plane', icon: Cpu },
  { path: '/tap', name: 'Live requests', icon: Radio },
];
