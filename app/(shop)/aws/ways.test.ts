// Contract: the lines carry what they are given through a shell, a file or a program as it is, and never a secret that
// was not given; every way says what goes wrong there.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type CallWith, secretToCome, waysToCall } from './ways.ts';

const given: CallWith = {
  proxy: 'http://gateway.example.org:8081',
  caFile: '/home/ada/.aws/sallyport.pem',
  tokenId: 'SPT0123456789ABCDEF',
  secret: 'abcdefghij0123456789abcdefghij0123456789',
  record: '12',
  region: 'eu-central-1',
};

const wayOf = (id: string, with_: Partial<CallWith> = {}) => {
  const way = waysToCall({ ...given, ...with_ }).find((each) => each.id === id);
  if (!way) throw new Error(`There is no way ${id}.`);
  return way;
};

describe('the lines', () => {
  it('are there for every kind of program, with the key, and with its traps', () => {
    const ways = waysToCall(given);
    expect(ways.map(({ id }) => id)).toEqual([
      'sh',
      'powershell',
      'config',
      'terraform',
      'boto3',
      'javascript',
      'java',
      'go',
    ]);
    for (const { text, traps, where } of ways) {
      expect(text).toContain('SPT0123456789ABCDEF#12');
      expect(text).toContain(given.secret);
      expect(text).toContain(given.caFile);
      expect(text).toContain('gateway.example.org');
      expect(traps.length).toBeGreaterThan(1);
      expect(where).not.toBe('');
    }
  });

  it('say what stands where the secret belongs, while it is not known', () => {
    for (const { text } of waysToCall({ ...given, secret: '' })) expect(text).toContain(secretToCome);
  });

  it.each(['12', 'name:prod', 'tag:team=data', 'it\'s $HOME `id` "x" \\ ; #'])(
    'give a shell the very record %s',
    (record) => {
      const set = wayOf('sh', { record }).text.split('\n').slice(0, 4).join('\n');
      const script = `${set}\nprintf '%s|%s|%s|%s' "$HTTPS_PROXY" "$AWS_CA_BUNDLE" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"`;
      const said = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(said).toBe(`${given.proxy}|${given.caFile}|${given.tokenId}#${record}|${given.secret}`);
    },
  );

  it('double the quotes of PowerShell, and escape those of programs', () => {
    expect(wayOf('powershell', { record: "it's" }).text).toContain("'SPT0123456789ABCDEF#it''s'");
    expect(wayOf('boto3', { record: 'a"b' }).text).toContain('"SPT0123456789ABCDEF#a\\"b"');
  });

  it('name host and port apart where Java wants them so', () => {
    expect(wayOf('java').text).toContain('-Dhttps.proxyHost=gateway.example.org -Dhttps.proxyPort=8081');
  });
});
