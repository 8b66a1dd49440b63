/** Asks all the time, with and without kept connections; when told to end it says how often, and what failed. */
const program = `
const [url, image] = process.argv.slice(-2);
const body = JSON.stringify({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [image] }] });
const failures = [];
let answers = 0;
let go = true;
process.on('SIGTERM', () => (go = false));
async function ask(headers) {
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body, signal });
  const text = await response.text();
  if (response.status !== 200) throw new Error(response.status + ' ' + text.slice(0, 200));
}
async function work(headers) {
  while (go) {
    try {
      await ask(headers);
      if (++answers === 1) console.log('asked');
    } catch (error) {
      failures.push(new Date().toISOString() + ' ' + (error.cause ?? error));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
await Promise.all([work({}), work({ connection: 'close' })]);
console.log(JSON.stringify({ answers, failures }));
`;

export interface LoadPodOptions {
  readonly image: string;
  readonly url: string;
  readonly sample: string;
}

/** A pod, named `load`, that asks for predictions of an image (base64) until it gets SIGTERM. */
export const loadPod = ({ image, url, sample }: LoadPodOptions) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'load' },
  spec: {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'load',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '--input-type=module', '-e', program, url, sample],
        resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  },
});
