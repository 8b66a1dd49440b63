import { dashboard, type Panel } from './panel.ts';
import { servicePanels } from './services.ts';

const own = 'namespace="$namespace"';
const rate = (metric: string) => `sum by (model) (rate(${metric}{${own}}[5m]))`;
/** Mean of a duration that is counted in microseconds, in seconds. */
const mean = (duration: string, count: string) => `${rate(duration)} / clamp_min(${rate(count)}, 0.001) / 1e6`;

const serving: readonly Panel[] = [
  { title: 'Requests answered', unit: 'reqps', queries: { '{{model}}': rate('nv_inference_request_success') } },
  { title: 'Requests that failed', unit: 'reqps', queries: { '{{model}}': rate('nv_inference_request_failure') } },
  {
    title: 'Mean time of a request',
    unit: 's',
    queries: { '{{model}}': mean('nv_inference_request_duration_us', 'nv_inference_request_success') },
  },
  {
    title: 'Mean wait of an image',
    unit: 's',
    queries: { '{{model}}': mean('nv_inference_queue_duration_us', 'nv_inference_count') },
  },
  {
    title: 'Images in a batch',
    unit: 'short',
    queries: { '{{model}}': `${rate('nv_inference_count')} / clamp_min(${rate('nv_inference_exec_count')}, 0.001)` },
  },
  {
    title: 'Images that wait',
    unit: 'short',
    queries: { '{{model}}': `sum by (model) (nv_inference_pending_request_count{${own}})` },
  },
  {
    title: 'Versions that are served',
    unit: 'short',
    queries: { '{{model}} {{version}}': `count by (model, version) (nv_inference_count{${own}})` },
  },
  {
    title: 'Memory of the gateway',
    unit: 'bytes',
    queries: { '{{pod}}': `container_memory_working_set_bytes{${own},container="gateway"}` },
  },
];

const pods = `kube_pod_labels{${own},label_medlego_dev_managed_job="true"}`;
const ofJobs = (metric: string) => `${metric} * on (namespace, pod) group_left ${pods}`;

const training: readonly Panel[] = [
  { title: 'Jobs at work', unit: 'short', queries: { Jobs: `sum(kube_job_status_active{${own}})` } },
  {
    title: 'Jobs that wait',
    unit: 'short',
    queries: { pods: `sum(${ofJobs(`kube_pod_status_phase{${own},phase="Pending"}`)})` },
  },
  {
    title: 'Jobs that ended in the last hour',
    unit: 'short',
    queries: {
      succeeded: `sum(increase(kube_job_status_succeeded{${own}}[1h]))`,
      failed: `sum(increase(kube_job_status_failed{${own}}[1h]))`,
    },
  },
  {
    title: 'GPUs that Jobs hold',
    unit: 'short',
    queries: {
      '{{resource}}': `sum by (resource) (kube_pod_container_resource_limits{${own},container="job",resource=~"nvidia.*"})`,
    },
  },
  {
    title: 'CPU of Jobs',
    unit: 'short',
    queries: { cores: `sum(rate(container_cpu_usage_seconds_total{${own},container="job"}[5m]))` },
  },
  {
    title: 'Memory of the largest Job',
    unit: 'bytes',
    queries: { bytes: `max(container_memory_working_set_bytes{${own},container="job"})` },
  },
];

/** Dashboards by the name of their file. */
export const dashboards = {
  serving: dashboard('medlego-serving', 'Med-LEGO: serving', serving),
  services: dashboard('medlego-services', 'Med-LEGO: services', servicePanels()),
  training: dashboard('medlego-training', 'Med-LEGO: training', training),
};
