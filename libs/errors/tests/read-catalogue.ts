import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { AppError } from '../src/app-error.ts';

export interface CatalogueEntry {
  /** Name of the class and of the file that it is in, without `.ts`. */
  readonly className: string;
  readonly area: string;
  /** The class's doc comment, on one line; may be empty. */
  readonly meaning: string;
  readonly facts: readonly string[];
  /** The error made from sample facts: `<name>` for text, 3 for numbers. */
  readonly sample: AppError;
}

const folder = new URL('../src/catalogue/', import.meta.url);

/** Every error class of the catalogue, constructed from facts that its declared types ask for. Sorted by file, then position. */
export async function readCatalogue(): Promise<CatalogueEntry[]> {
  const entries: CatalogueEntry[] = [];
  for (const file of readdirSync(folder).sort()) {
    const url = new URL(file, folder);
    const source = ts.createSourceFile(file, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest, true);
    const module = (await import(url.href)) as Record<string, unknown>;
    for (const node of source.statements)
      if (ts.isClassDeclaration(node) && node.name) entries.push(entryOf(node, file.replace(/\.ts$/, ''), module));
  }
  return entries;
}

function entryOf(node: ts.ClassDeclaration, area: string, module: Record<string, unknown>): CatalogueEntry {
  const className = node.name!.text;
  const constructor = module[className] as (new (facts: unknown) => AppError) | undefined;
  if (!constructor || !(constructor.prototype instanceof AppError))
    throw new Error(`catalogue/${area}.ts: ${className} is not an exported subclass of AppError`);
  const declared = node.members.find(
    (member): member is ts.PropertyDeclaration => ts.isPropertyDeclaration(member) && member.name.getText() === 'facts',
  );
  if (!declared?.type || !ts.isTypeLiteralNode(declared.type))
    throw new Error(`catalogue/${area}.ts: ${className}.facts needs its type spelled out`);
  const facts = sampleOf(declared.type, 'facts') as Record<string, unknown>;
  return { className, area, meaning: docOf(node), facts: Object.keys(facts), sample: new constructor(facts) };
}

/** Some value of a type, for the types that facts are made of. */
function sampleOf(type: ts.TypeNode, name: string): unknown {
  if (ts.isTypeOperatorNode(type)) return sampleOf(type.type, name); // readonly x[]
  if (ts.isArrayTypeNode(type)) return [sampleOf(type.elementType, name)];
  if (ts.isUnionTypeNode(type)) return sampleOf(type.types[0]!, name);
  if (ts.isParenthesizedTypeNode(type)) return sampleOf(type.type, name);
  if (ts.isLiteralTypeNode(type)) return JSON.parse(type.getText().replaceAll("'", '"')) as unknown;
  if (ts.isTypeLiteralNode(type))
    return Object.fromEntries(
      type.members.filter(ts.isPropertySignature).map((member) => {
        const key = member.name.getText();
        return [key, sampleOf(member.type!, key)];
      }),
    );
  switch (type.kind) {
    case ts.SyntaxKind.NumberKeyword:
      return 3;
    case ts.SyntaxKind.BooleanKeyword:
      return true;
    case ts.SyntaxKind.StringKeyword:
    case ts.SyntaxKind.UnknownKeyword:
      return `<${name}>`;
    default:
      throw new Error(`facts.${name}: spell out its type; ${type.getText()} has no sample`);
  }
}

function docOf(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(doc?.comment) ?? '').replace(/\s+/g, ' ').trim();
}
