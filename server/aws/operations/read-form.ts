import { maxDepth, maxParts } from './limits.ts';
import { parsePairs } from './percent.ts';
import { emptyObject, isObject, type Parsed, type Tree, type TreeObject } from './tree.ts';

/**
 * Reads a form of the query protocols, `Filter.1.Value.1=x`, as a tree: what is numbered is a list, and `member` between a name and its
 * numbers is left out. `undefined` when an escape is broken or it is too much.
 */
export function readForm(text: string): Parsed | undefined {
  const pairs = parsePairs(text);
  if (!pairs || pairs.length > maxParts) return undefined;
  const root = emptyObject();
  const seen = new Set<string>();
  let repeated = false;
  for (const [key, value] of pairs) {
    repeated ||= seen.has(key);
    seen.add(key);
    // A name that is both a value and a branch keeps its whole name for the second.
    if (!place(root, key.split('.'), value)) root[key] = value;
  }
  return { tree: listed(root), repeated };
}

function place(root: TreeObject, path: readonly string[], value: string): boolean {
  if (path.length > maxDepth) return false;
  let branch = root;
  for (const name of path.slice(0, -1)) {
    branch[name] ??= emptyObject();
    const next = branch[name];
    if (!isObject(next)) return false;
    branch = next;
  }
  const last = path.at(-1) ?? '';
  if (isObject(branch[last])) return false;
  branch[last] = value;
  return true;
}

function listed(tree: Tree): Tree {
  if (!isObject(tree)) return tree;
  const entries = Object.entries(tree);
  if (entries.length > 0 && entries.every(([key]) => /^[1-9]\d{0,8}$/.test(key)))
    return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, item]) => listed(item));
  const [first] = entries;
  if (first?.[0] === 'member' && entries.length === 1) return listed(first[1]);
  const object = emptyObject();
  for (const [key, item] of entries) object[key] = listed(item);
  return object;
}
