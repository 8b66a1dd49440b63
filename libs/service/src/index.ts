export { listenForAdmins, type AdminListener, type AdminOptions } from './admin-listener.ts';
export { readServiceConfig, type ServiceConfig, type ServiceVariable } from './config.ts';
export { openJobs, type OpenedJobs, type OpenJobsOptions } from './open-jobs.ts';
export { openPlatform, type Platform } from './open-platform.ts';
export { registryLogArchive } from './registry-log-archive.ts';
export { serveApp, type AppContext, type ServedApp, type ServeOptions } from './serve-app.ts';
