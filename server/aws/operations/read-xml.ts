import { maxDepth, maxParts } from './limits.ts';
import { emptyObject, isObject, type Parsed, type Tree, type TreeObject } from './tree.ts';

// One piece of a document: a comment, CDATA, a declaration of XML, a tag, or text.
const piece =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type Open = { name: string; children: TreeObject; text: string };

/**
 * Reads the XML that REST services take: elements by name, those that come again as a list, attributes left out. No document type,
 * so no entities but the five of XML. `undefined` when it is no such document, too deep or too much.
 */
export function readXml(text: string): Parsed | undefined {
  const open: Open[] = [{ name: '', children: emptyObject(), text: '' }];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (let parts = 0; at < text.length; parts += 1) {
    piece.lastIndex = at;
    const found = piece.exec(text);
    if (!found || parts > maxParts * 3 || !take(open, found)) return undefined;
    at += found[0].length;
  }
  const [root] = open;
  return root && open.length === 1 && isOneElement(root) ? { tree: root.children, repeated: false } : undefined;
}

function isOneElement({ children, text }: Open): boolean {
  const elements = Object.values(children);
  return elements.length === 1 && !Array.isArray(elements[0]) && text.trim() === '';
}

/** Takes one piece in; false where it does not fit. */
function take(open: Open[], [, cdata, slash, name, , selfClosed, text]: RegExpExecArray): boolean {
  const current = open.at(-1);
  if (!current) return false;
  if (name !== undefined && slash === '/') return selfClosed === '' && close(open, name);
  if (name !== undefined) {
    open.push({ name, children: emptyObject(), text: '' });
    return open.length <= maxDepth && (selfClosed === '' || close(open, name));
  }
  const plain = cdata ?? (text === undefined ? '' : unescaped(text));
  if (plain !== undefined) current.text += plain;
  return plain !== undefined;
}

function close(open: Open[], name: string): boolean {
  const closed = open.pop();
  const parent = open.at(-1);
  if (!closed || !parent || closed.name !== name) return false;
  const hasChildren = Object.keys(closed.children).length > 0;
  add(parent.children, name.replace(/^.*:/, ''), hasChildren ? closed.children : closed.text);
  return true;
}

function add(children: TreeObject, name: string, value: Tree): void {
  const there = children[name];
  if (there === undefined) children[name] = value;
  else if (Array.isArray(there)) there.push(value);
  else children[name] = [there, value];
}

function unescaped(text: string): string | undefined {
  let broken = false;
  const plain = text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));|&/g, (_, decimal, hexadecimal, name) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    if (name && Object.hasOwn(entities, name)) return entities[name] ?? '';
    broken = true;
    return '';
  });
  return broken ? undefined : plain;
}

/** What is inside the one root element. */
export function insideOf(tree: Tree): Tree {
  return isObject(tree) ? (Object.values(tree)[0] ?? emptyObject()) : tree;
}
