import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { events, subjectFilter } from '../src/index.ts';
import { contractsFolder } from './buf.ts';

const escape = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** docs/reference/events.md, from the table of events. */
export function eventsPage(): string {
  const lines = [
    '# Events',
    '',
    'CloudEvents 1.0 in binary mode over NATS JetStream: attributes in headers (`ce-id`, `ce-type`, `ce-source`, `ce-subject`, `ce-time`), data as JSON.',
    'The subject is `medlego.v1.<entity>.<id>.<event>`, `ce-type` is `medlego.<entity>.<event>.v1`, and `ce-id` is also the `Nats-Msg-Id`. `traceparent` carries the',
    'hop’s trace context. In an id `%` and two hex digits stand for what a subject token cannot hold (`%2E` for a dot). A digest is `sha256:` and 64 hex digits.',
    'This page is made from `libs/contracts` (`npm run contracts`).',
    '',
    '| Event | From | Meaning |',
    '| --- | --- | --- |',
    ...events.map(
      ({ type, producer, meaning }) =>
        `| [\`${type}\`](#${type.replace('.', '')}) | ${producer} | ${escape(meaning)} |`,
    ),
  ];
  for (const { type, meaning, producer, id, data } of events) {
    const schema = z.toJSONSchema(data) as JsonSchema;
    lines.push(
      '',
      `## ${type}`,
      '',
      `${meaning} Subject \`${subjectFilter(type).replace('*', '<id>')}\`, where the id is ${id}; published by ${producer}.`,
      '',
      '| Field | Type | |',
      '| --- | --- | --- |',
      ...Object.entries(schema.properties ?? {}).map(
        ([field, property]) =>
          `| \`${field}\` | ${escape(typeOf(property))} | ${schema.required?.includes(field) ? '' : 'optional'} |`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

function typeOf({ type, title, enum: values, anyOf, items, properties }: JsonSchema): string {
  if (title) return title;
  if (values) return values.map((value) => `\`${value}\``).join(' or ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (properties)
    return `{ ${Object.entries(properties)
      .map(([field, property]) => `${field}: ${typeOf(property)}`)
      .join(', ')} }`;
  return type ?? 'any JSON';
}

const folder = join(contractsFolder, 'proto/medlego/v1');

/** docs/reference/rpc.md, from the comments and declarations of the .proto files. */
export function rpcPage(): string {
  const lines = [
    '# RPCs',
    '',
    'gRPC package `medlego.v1`. Submitting is idempotent by `request_id`; a `Watch` tells what there is, then every change, and resumes after a revision.',
    'This page is made from `libs/contracts/proto` (`npm run contracts`).',
  ];
  for (const file of readdirSync(folder).sort()) {
    const declarations = parseProto(readFileSync(join(folder, file), 'utf8'));
    for (const { kind, name, comment, members } of declarations) {
      lines.push('', kind === 'service' ? `## ${name}` : `### ${kind} ${name}`, '');
      if (comment) lines.push(escape(comment), '');
      if (members.length === 0) lines.push('No fields.');
      else {
        lines.push(kind === 'service' ? '| RPC | |' : '| Field | |', '| --- | --- |');
        for (const member of members) lines.push(`| \`${member.text}\` | ${escape(member.comment)} |`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

interface Declaration {
  readonly kind: string;
  readonly name: string;
  readonly comment: string;
  readonly members: { readonly text: string; readonly comment: string }[];
}

/** Enough of the language for files that `buf format` has laid out: one declaration or member a line, comments above. */
function parseProto(text: string): Declaration[] {
  const declarations: Declaration[] = [];
  let comment: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const [, kind, name] = /^(service|message|enum) (\w+) \{/.exec(line) ?? [];
    if (line.startsWith('//')) comment.push(line.slice(2).trim());
    else {
      if (kind && name) declarations.push({ kind, name, comment: comment.join(' '), members: [] });
      else if (/^(rpc|repeated|optional|map<|\w[\w.]* )/.test(line) && !/^(syntax|package|import|oneof)\b/.test(line))
        declarations.at(-1)?.members.push({ text: line.replace(/;$/, ''), comment: comment.join(' ') });
      comment = [];
    }
  }
  return declarations;
}
