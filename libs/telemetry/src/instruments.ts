import { metrics as api, type Attributes } from '@opentelemetry/api';
import { metrics, type MetricDefinition, type MetricName } from './metric-list.ts';

type NameOf<K extends MetricDefinition['kind']> = {
  [N in MetricName]: (typeof metrics)[N]['kind'] extends K ? N : never;
}[MetricName];
/** The labels that the list says, all of them. */
type LabelsOf<N extends MetricName> = Readonly<Record<(typeof metrics)[N]['labels'][number], string>>;

const meter = () => api.getMeter('medlego');
const instruments = new Map<MetricName, ReturnType<typeof create>>();

function create(name: MetricName) {
  const definition: MetricDefinition = metrics[name];
  const { unit, meaning: description, bounds } = definition;
  switch (definition.kind) {
    case 'counter':
      return meter().createCounter(definition.name, { unit, description });
    case 'gauge':
      return meter().createGauge(definition.name, { unit, description });
    case 'histogram': {
      const advice = bounds ? { explicitBucketBoundaries: [...bounds] } : {};
      return meter().createHistogram(definition.name, { unit, description, advice });
    }
  }
}

function instrument(name: MetricName) {
  const known = instruments.get(name) ?? create(name);
  instruments.set(name, known);
  return known;
}

/** Counts; does nothing until `startTelemetry` was called. */
export function count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
  const counter = instrument(name);
  if ('add' in counter) counter.add(by, labels as Attributes);
}

/** A value of a histogram or gauge, in the list's unit. */
export function record<N extends NameOf<'histogram' | 'gauge'>>(name: N, value: number, labels: LabelsOf<N>): void {
  const known = instrument(name);
  if ('record' in known) known.record(value, labels as Attributes);
}

/** Instruments belong to the meter that was there when they were made: a new one makes them anew. */
export const forgetInstruments = (): void => instruments.clear();
