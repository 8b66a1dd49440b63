import type { Bus } from './bus.ts';
import type { InProcessBusOptions } from './in-process/bus.ts';
import type { NatsBusOptions } from './nats/bus.ts';

export type BusConfig =
  ({ readonly kind: 'in-process' } & InProcessBusOptions) | ({ readonly kind: 'nats' } & NatsBusOptions);

/** The bus that the configuration asks for; loads nothing of the other one. @throws as `openInProcessBus`, `connectNatsBus` */
export async function connectBus(config: BusConfig): Promise<Bus> {
  switch (config.kind) {
    case 'in-process':
      return (await import('./in-process/bus.ts')).openInProcessBus(config);
    case 'nats':
      return (await import('./nats/bus.ts')).connectNatsBus(config);
  }
}
