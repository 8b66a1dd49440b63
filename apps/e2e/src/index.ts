import { fileURLToPath } from 'node:url';

export { brightTask } from './bright-task.ts';
export { freePort } from './free-port.ts';
export { jobProcesses, killJobs, processesOf, sendSignal } from './job-processes.ts';
export { medlego } from './medlego.ts';
export { publishSpecialist } from './publish-specialist.ts';
export { createService, type App, type Service, type ServiceOptions } from './service.ts';
export { openSite, type Clients, type Site, type SiteOptions } from './site.ts';
export { openUndisturbed, storeInputs, tinyTasks, trainingOf, type Undisturbed } from './tiny-site.ts';

/** A trainer whose Jobs train nothing, and note in the site's file `starts` that they were started. */
export const trainerOfNothing: string = fileURLToPath(new URL('programs/trainer.ts', import.meta.url));
export { mountSmallDisk, type SmallDisk } from './small-disk.ts';
