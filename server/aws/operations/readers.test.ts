import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxDepth } from './limits.ts';
import { readCbor } from './read-cbor.ts';
import { readForm } from './read-form.ts';
import { readJson } from './read-json.ts';
import { insideOf, readXml } from './read-xml.ts';

// The readers take what a client sends for a log and for resource patterns: they read what the standards say, give `undefined` for
// anything else, never throw, and stop at a depth and a number of parts however small the body is that asks for more.
const plain = (tree: unknown) => JSON.parse(JSON.stringify(tree));

describe('JSON', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom('', ' ', '\r\n\t'), (text, blank) => {
        const read = readJson(`${blank}${text}${blank}`);
        expect(JSON.stringify(read?.tree)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('is none where JSON.parse says so', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('{', '}', '[', ']', '"', 'a', ':', ',', '1', '-', '.', 'e', '\\', 'u', 'true', 'null', ' '),
        ),
        (parts) => {
          const text = parts.join('');
          const isJson = (() => {
            try {
              JSON.parse(text);
              return true;
            } catch {
              return false;
            }
          })();
          expect(readJson(text) !== undefined).toBe(isJson);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('tells of a name that comes twice, however it is escaped and wherever it stands', () => {
    expect(readJson('{"a":1,"b":{"a":2}}')?.repeated).toBe(false);
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '[{"b":{"a":1,"a":1}}]',
      '{"__proto__":1,"__proto__":2}',
    ])
      expect(readJson(text)?.repeated).toBe(true);
  });

  it('has no prototype to reach', () => {
    const tree = readJson('{"__proto__":{"polluted":1},"constructor":2}')?.tree;
    expect(Object.keys(tree as object)).toEqual(['__proto__', 'constructor']);
    expect('polluted' in {}).toBe(false);
  });

  it('is too deep, or too much', () => {
    expect(readJson('['.repeat(maxDepth) + ']'.repeat(maxDepth))).toBeDefined();
    expect(readJson('['.repeat(maxDepth + 2) + ']'.repeat(maxDepth + 2))).toBeUndefined();
    expect(readJson('['.repeat(1_000_000))).toBeUndefined();
    expect(readJson(`[${'1,'.repeat(100_000)}1]`)).toBeUndefined();
    expect(readJson(`"${'\\'.repeat(999_999)}`)).toBeUndefined();
    expect(readJson(`"${'x'.repeat(1_000_000)}"`)?.tree).toHaveLength(1_000_000);
  });
});

describe('CBOR', () => {
  const read = (hexadecimal: string) => readCbor(Buffer.from(hexadecimal, 'hex'));

  // Numbers of RFC 8949, appendix A.
  it.each<[string, unknown]>([
    ['00', 0],
    ['1864', 100],
    ['1a000f4240', 1_000_000],
    ['1bffffffffffffffff', '18446744073709551615'],
    ['3863', -100],
    ['3bffffffffffffffff', '-18446744073709551616'],
    ['f90000', 0],
    ['f93c00', 1],
    ['f97bff', 65504],
    ['f90001', 2 ** -24],
    ['fb3ff199999999999a', 1.1],
    ['fa47c35000', 100_000],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['c11a514b67b0', 1_363_896_240],
    ['4401020304', '<4 bytes>'],
    ['6449455446', 'IETF'],
    ['62c3bc', 'ü'],
    ['83010203', [1, 2, 3]],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['5f42010243030405ff', '<5 bytes>'],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ])('%s is read', (hexadecimal, value) => {
    expect(plain(read(hexadecimal)?.tree)).toEqual(value);
  });

  it.each([
    ['nothing', ''],
    ['an end without a beginning', 'ff'],
    ['an end in a list of known length', '82ff01'],
    ['a value cut off', '1a0001'],
    ['a text that says it is longer', '7b7fffffffffffffff61'],
    ['a list that says it is longer', '9b7fffffffffffffff00'],
    ['a map with a number for a name', 'a10102'],
    ['a map that ends in a value', 'bf6161ff'],
    ['a string in chunks of another kind', '5f6161ff'],
    ['a string in chunks without end', '5f5f5f5f'],
    ['a tag without length', 'df00'],
    ['something behind it', '0000'],
    ['reserved lengths', '1c'],
  ])('is none with %s', (_, hexadecimal) => {
    expect(read(hexadecimal)).toBeUndefined();
  });

  it('tells of a name that comes twice', () => {
    expect(read('a2616101616102')?.repeated).toBe(true);
  });

  it('is too deep, or too much', () => {
    for (const start of ['81', '9f', 'a16161', 'c1']) expect(read(start.repeat(200_000))).toBeUndefined();
    expect(readCbor(Buffer.alloc(200_000, 0x9f))).toBeUndefined();
    expect(readCbor(Buffer.concat([Buffer.from('9a00030d40', 'hex'), Buffer.alloc(200_000)]))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readCbor(Buffer.from(bytes))),
      { numRuns: 5000 },
    );
  });
});

describe('XML', () => {
  const read = (text: string) => plain(insideOf(readXml(text)?.tree ?? null));

  it('is read by elements, those that come again as a list', () => {
    expect(
      read(
        '<?xml version="1.0"?>\n<D xmlns="x"><Quiet>true</Quiet><O><Key>a&amp;b&#x41;&#66;</Key></O><O><Key><![CDATA[<c>]]></Key></O></D>',
      ),
    ).toEqual({
      Quiet: 'true',
      O: [{ Key: 'a&bAB' }, { Key: '<c>' }],
    });
    expect(read('<a:D><a:K/>\n<L x = "1" y=\'2\'></L><!-- no --></a:D>')).toEqual({ K: '', L: '' });
    expect(read('<a>text</a>')).toBe('text');
  });

  it.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an entity of its own', '<a>&b;</a>'],
    ['an ampersand alone', '<a>a & b</a>'],
    ['a character that is none', '<a>&#x110000;</a>'],
    ['ends that cross', '<a><b></a></b>'],
    ['no end', '<a><b></b>'],
    ['an end too many', '<a></a></a>'],
    ['two roots', '<a></a><b></b>'],
    ['two equal roots', '<a></a><a></a>'],
    ['text outside', 'x<a></a>'],
    ['nothing', ''],
    ['no document', 'plain'],
    ['a comment without end', '<a><!-- </a>'],
    ['attributes without quotes', '<a b=c></a>'],
  ])('is none with %s', (_, text) => {
    expect(readXml(text)).toBeUndefined();
  });

  it('is too deep, or too much, and quickly so', () => {
    expect(readXml('<a>'.repeat(300_000))).toBeUndefined();
    expect(readXml(`<a>${'<b/>'.repeat(200_000)}</a>`)).toBeUndefined();
    for (const text of [
      `<a${' '.repeat(500_000)}`,
      `<a ${'b'.repeat(500_000)}`,
      `<a>${'&'.repeat(500_000)}`,
      `<${'a'.repeat(500_000)}`,
    ])
      expect(readXml(text)).toBeUndefined();
  });

  it('never throws', () => {
    const part = fc.constantFrom(
      '<a>',
      '</a>',
      '<b/>',
      '<',
      '>',
      '&',
      '&amp;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      'x',
      '"',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => void readXml(parts.join(''))),
      { numRuns: 3000 },
    );
  });
});

describe('a form', () => {
  it('is read as the tree it writes flat', () => {
    const text =
      'Action=X&F.1.Name=tag%3Aa&F.1.Value.2=c&F.1.Value.1=b+d&F.2.Name=e&T.member.1.K=k&P.entry.1.key=a&Empty=&Flag';
    expect(plain(readForm(text)?.tree)).toEqual({
      Action: 'X',
      F: [{ Name: 'tag:a', Value: ['b d', 'c'] }, { Name: 'e' }],
      T: [{ K: 'k' }],
      P: { entry: [{ key: 'a' }] },
      Empty: '',
      Flag: '',
    });
  });

  it('keeps a name whole that is a value and a branch', () => {
    expect(plain(readForm('A=1&A.B=2')?.tree)).toEqual({ A: '1', 'A.B': '2' });
    expect(plain(readForm('A.B=2&A=1&A.C=3')?.tree)).toMatchObject({ A: '1' });
  });

  it('tells of a name that comes twice, and is none with broken escapes or too much', () => {
    expect(readForm('A.1=1&A.2=2')?.repeated).toBe(false);
    expect(readForm('A.1=1&%41.1=2')?.repeated).toBe(true);
    expect(readForm('A=%zz')).toBeUndefined();
    expect(readForm('A=%ff')).toBeUndefined();
    expect(readForm('a&'.repeat(100_000))).toBeUndefined();
    expect(Object.keys(readForm(`${'a.'.repeat(5000)}b=1`)?.tree as object)).toHaveLength(1);
  });

  it('has no prototype to reach', () => {
    readForm('__proto__.polluted=1&constructor.prototype.polluted=1');
    expect('polluted' in {}).toBe(false);
  });
});
