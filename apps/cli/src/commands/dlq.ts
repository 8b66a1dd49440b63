import type { Command } from 'commander';
import { RegistryDefinition, type DeadLetter } from '@medlego/contracts/rpc';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommandContext, type CommonOptions } from '../context.ts';
import { connectRemote } from '../remote/connect-remote.ts';

const clientOf = async (context: CommandContext) => (await connectRemote(context)).client(RegistryDefinition);

const letterDocument = ({ at, ...letter }: DeadLetter) => ({ ...letter, at: at?.toISOString() ?? null });

/** Events that a consumer gave up on. */
export function registerDlq(command: Command): void {
  const list = command
    .command('ls')
    .description('list them, oldest first')
    .option('--durable <name>', 'only of this consumer')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 100);
  defineAction<[], CommonOptions & { durable?: string; limit: number }>(list, async (context, options) => {
    const { durable = '', limit } = options;
    const { letters } = await (await clientOf(context)).listDeadLetters({ durable, pageSize: limit, pageToken: '' });
    if (letters.length === 0) context.out.line('No dead letters.');
    else
      context.out.table(
        [
          { title: 'Id' },
          { title: 'Consumer' },
          { title: 'Subject' },
          { title: 'Times', align: 'right' },
          { title: 'Reason' },
        ],
        letters.map(({ id, durable: consumer, subject, deliveries, code, reason }) => [
          id,
          consumer,
          subject,
          String(deliveries),
          `${code}: ${reason}`.slice(0, 100),
        ]),
      );
    context.out.document(letters.map(letterDocument));
  });

  const show = command.command('show').description('show one in full').argument('<id>', 'its id');
  defineAction<[string], CommonOptions>(show, async (context, _options, id) => {
    const { letter, headers, data } = await (await clientOf(context)).showDeadLetter({ id });
    const text = new TextDecoder().decode(data);
    const { subject, durable, deliveries, code, reason } = letter!;
    context.out.line(`${subject}\ngiven up by ${durable} after ${deliveries} deliveries\n${code}: ${reason}\n`);
    context.out.line(
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    );
    context.out.line(`\n${text}`);
    context.out.document({ ...letterDocument(letter!), headers, data: text });
  });

  const each = (
    name: string,
    description: string,
    done: string,
    act: (context: CommandContext, id: string) => Promise<unknown>,
  ) => {
    const one = command.command(name).description(description).argument('<ids...>', 'their ids');
    defineAction<[string[]], CommonOptions>(one, async (context, _options, ids) => {
      for (const id of ids) {
        await act(context, id);
        context.out.line(`${id} ${done}.`);
      }
      context.out.document({ [name]: ids });
    });
  };
  each(
    'replay',
    'deliver them again, to the consumer that gave up on them',
    'is delivered again',
    async (context, id) => (await clientOf(context)).replayDeadLetter({ id }),
  );
  each('rm', 'forget them for good', 'is forgotten', async (context, id) =>
    (await clientOf(context)).removeDeadLetter({ id }),
  );
}
