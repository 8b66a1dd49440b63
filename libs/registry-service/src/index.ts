export { announceName } from './announce-name.ts';
export { createRegistryService, type RegistryServiceOptions } from './create-registry-service.ts';
export { registryScopes } from './scopes.ts';
