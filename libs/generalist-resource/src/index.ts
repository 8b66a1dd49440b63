export { registryPlatform, type RegistryPlatformOptions } from './registry-platform.ts';
export {
  startGeneralistReconciler,
  type GeneralistPlatform,
  type GeneralistReconciler,
  type GeneralistReconcilerOptions,
} from './reconciler.ts';
export {
  group,
  plural,
  version,
  type GeneralistResource,
  type GeneralistSpec,
  type GeneralistStatus,
} from './resource.ts';
export { statusOf, type GeneralistState, type Refusal } from './status.ts';
