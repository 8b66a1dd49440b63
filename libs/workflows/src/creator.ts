import packageJson from '../package.json' with { type: 'json' };

/** Who made an artifact, as manifests record it. */
export const creator = { name: 'medlego', version: packageJson.version } as const;
