/** What a body says, in one form for every protocol: objects without prototype, text, numbers, and a mark for bytes. */
export type Tree = string | number | boolean | null | Tree[] | TreeObject;
export type TreeObject = { [key: string]: Tree };

/** `repeated` says that one name came twice, so that readers may differ in what it says. */
export type Parsed = { tree: Tree; repeated: boolean };

/** Without prototype, so that a client's `__proto__` or `constructor` is a name like any other. */
export function emptyObject(): TreeObject {
  return Object.create(null);
}

export function isObject(tree: Tree | undefined): tree is TreeObject {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** What stands for bytes: how many, and nothing of them. */
export function bytesMark(length: number): string {
  return `<${length} bytes>`;
}

/** Thrown inside a reader when a body is too deep, too large or no such body; each reader catches it itself. */
export class Unreadable extends Error {
  override name = 'Unreadable';
}
