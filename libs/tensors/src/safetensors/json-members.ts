const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const opening = new Set([0x7b, 0x5b]);
const closing = new Set([0x7d, 0x5d]);

/**
 * How many members the outermost object of a valid JSON text writes down, and how many its member objects do.
 * JSON.parse keeps the last of two members that share a name and says nothing; comparing counts shows that it happened.
 */
export function countJsonMembers(json: string): { outer: number; inner: number } {
  const members = { outer: 0, inner: 0 };
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i);
    if (char === quote) {
      for (i++; json.charCodeAt(i) !== quote; i++) if (json.charCodeAt(i) === backslash) i++;
    } else if (opening.has(char)) depth++;
    else if (closing.has(char)) depth--;
    else if (char === colon && depth === 1) members.outer++;
    else if (char === colon && depth === 2) members.inner++;
  }
  return members;
}
