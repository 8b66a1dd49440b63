import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { consoleHeaders } from '../api/console-headers.ts';

const setHeaders = (reply: FastifyReply): void => void reply.headers(consoleHeaders);

/**
 * The built console, for everyone: what it shows, it has to ask for. Nothing where it was never built (`npm run console`). Its page
 * names move within `index.html`.
 */
export async function registerConsole(app: FastifyInstance, folder: string | undefined): Promise<void> {
  const there = folder !== undefined && existsSync(join(folder, 'index.html'));
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'open' };
    });
    if (there) await pages.register(fastifyStatic, { root: folder, wildcard: false, setHeaders });
    pages.setNotFoundHandler(async (request, reply) => {
      const page = there && request.method === 'GET' && !/^\/(api|v2|metrics)(\/|$|\?)/.test(request.url);
      if (page) return reply.sendFile('index.html');
      return reply.code(404).send({ error: `No ${request.method} ${request.url.split('?')[0]} here.` });
    });
  });
}
