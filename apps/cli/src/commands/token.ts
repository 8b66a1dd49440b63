import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defineAction, type CommandContext, type CommonOptions } from '../context.ts';

interface FileOptions extends CommonOptions {
  readonly file?: string;
}

interface CreateOptions extends FileOptions {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly expires?: Date;
}

const fileOf = ({ home }: CommandContext, { file }: FileOptions): string => file ?? join(home, 'tokens.json');

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90d`, `12h`, `4w`, or a date. */
function parseExpiry(text: string): Date {
  const [, count, unit] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const date = unit === undefined ? new Date(text) : new Date(Date.now() + Number(count) * units[unit]!);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError(`Expected 90d, 12h, 4w or a date, got "${text}".`);
  return date;
}

/** Adds `medlego token create | ls | revoke`. */
export function registerToken(command: Command): void {
  const sub = (name: string, description: string) =>
    command.command(name).description(description).option('--file <file>', 'default: tokens.json in the state folder');
  registerCreate(sub('create', 'make a token; it is shown once and kept by nobody'));
  registerList(sub('ls', 'who has tokens, and for what'));
  registerRevoke(sub('revoke', 'end tokens at once'));
}

function registerCreate(command: Command): void {
  command
    .requiredOption('--subject <name>', 'who will hold it, e.g. pacs-bridge')
    .requiredOption(
      '--scopes <list>',
      'what it allows, with commas between: read, predict, publish, train, merge, evaluate, promote, admin',
      (text: string) => text.split(',').map((scope) => scope.trim()),
    )
    .option('--expires <when>', '90d, 12h, 4w or a date (default: never)', parseExpiry);
  defineAction<[], CreateOptions>(command, async (context, options) => {
    const [{ addToken, parseScopes, tokenId }, { mkdir }] = await Promise.all([
      import('@medlego/access'),
      import('node:fs/promises'),
    ]);
    const scopes = parseScopes(options.scopes, '--scopes');
    const { subject } = options;
    const file = fileOf(context, options);
    if (options.file === undefined) await mkdir(context.home, { recursive: true });
    const { token, entry } = await addToken(file, { subject, scopes, expires: options.expires });
    context.out.note(`Shown this once only. ${file} keeps its hash; serve with --tokens ${file}`);
    context.out.line(token);
    context.out.document({ token, id: tokenId(entry), subject, scopes, expires: entry.expires ?? null, file });
  });
}

function registerList(command: Command): void {
  defineAction<[], FileOptions>(command, async (context, options) => {
    const { readTokenFile, tokenId } = await import('@medlego/access');
    const tokens = (await readTokenFile(fileOf(context, options))).map((entry) => ({
      id: tokenId(entry),
      subject: entry.subject,
      scopes: entry.scopes,
      expires: entry.expires ?? null,
      expired: entry.expires !== undefined && Date.parse(entry.expires) <= Date.now(),
    }));
    context.out.table(
      [{ title: 'Token' }, { title: 'Subject' }, { title: 'Scopes' }, { title: 'Expires' }],
      tokens.map(({ id, subject, scopes, expires, expired }) => [
        id,
        subject,
        scopes.join(', '),
        expires === null ? 'never' : `${expires.slice(0, 16).replace('T', ' ')}${expired ? ' (over)' : ''}`,
      ]),
    );
    context.out.document(tokens);
  });
}

function registerRevoke(command: Command): void {
  command.argument('<token>', 'id of a token (see ls), or a subject: all that it has');
  defineAction<[string], FileOptions>(command, async (context, options, name) => {
    const { removeToken, tokenId } = await import('@medlego/access');
    const removed = (await removeToken(fileOf(context, options), name)).map((entry) => ({
      id: tokenId(entry),
      subject: entry.subject,
    }));
    for (const { id, subject } of removed) context.out.line(`Revoked ${id} of ${subject}.`);
    context.out.document({ revoked: removed });
  });
}
