/** What the lines are about. Empty texts are replaced by words that say what stands there. */
export type CallWith = {
  /** `http://gateway.example.org:8081`. */
  proxy: string;
  caFile: string;
  tokenId: string;
  secret: string;
  /** The number of a record, or a search that finds exactly one. */
  record: string;
  region: string;
};

/** How one kind of program is told to use the proxy: what to paste where, and what goes wrong there. */
export type Way = { id: string; label: string; where: string; text: string; traps: readonly string[] };

export const secretToCome = 'THE-SECRET-SHOWN-WITH-YOUR-TOKEN';

/** The lines for every kind of program, ready to paste. */
export function waysToCall(given: CallWith): readonly Way[] {
  const at = { ...given, keyId: `${given.tokenId}#${given.record}`, secret: given.secret || secretToCome };
  return [shell(at), powerShell(at), configFile(at), terraform(at), boto3(at), javaScript(at), java(at), go(at)];
}

type Lines = CallWith & { keyId: string };

function variables({ proxy, caFile, keyId, secret }: Lines) {
  return [
    ['HTTPS_PROXY', proxy],
    ['AWS_CA_BUNDLE', caFile],
    ['AWS_ACCESS_KEY_ID', keyId],
    ['AWS_SECRET_ACCESS_KEY', secret],
  ] as const;
}

function shell(at: Lines): Way {
  const lines = variables(at).map(([name, value]) => ` export ${name}=${quotedForShell(value)}`);
  return {
    id: 'sh',
    label: 'sh',
    where:
      'In the shell in which you call aws. Each line begins with a blank, so that most shells keep it out of their history.',
    text: [...lines, ' unset AWS_SESSION_TOKEN AWS_PROFILE', 'aws sts get-caller-identity'].join('\n'),
    traps: [
      'HTTPS_PROXY counts for every program in this shell, and the proxy lets nothing but AWS through. Use a shell of its own.',
      'AWS_CA_BUNDLE takes the place of all other certificates. Without HTTPS_PROXY, unset it again.',
      'Sign in to an identity provider without the proxy: put its name into NO_PROXY.',
    ],
  };
}

function powerShell(at: Lines): Way {
  const lines = variables(at).map(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'`);
  return {
    id: 'powershell',
    label: 'PowerShell',
    where: 'In the window in which you call aws.',
    text: [
      ...lines,
      'Remove-Item Env:AWS_SESSION_TOKEN, Env:AWS_PROFILE -ErrorAction Ignore',
      'aws sts get-caller-identity',
    ].join('\n'),
    traps: [
      'In double quotes PowerShell would read $ and ` as its own: keep the single ones.',
      'The variables are gone with the window. Do not put the secret into your profile.',
      'The tools for PowerShell (Get-S3Object, …) do not read HTTPS_PROXY: call Set-AWSProxy with host and port first.',
    ],
  };
}

function configFile({ proxy, caFile, keyId, secret, region }: Lines): Way {
  return {
    id: 'config',
    label: '~/.aws/config',
    where: 'At the end of ~/.aws/config; then call aws --profile sallyport with HTTPS_PROXY set.',
    text: [
      '[profile sallyport]',
      `aws_access_key_id = ${keyId}`,
      `aws_secret_access_key = ${secret}`,
      `ca_bundle = ${caFile}`,
      `region = ${region}`,
      '',
      '# and in the shell:',
      `# HTTPS_PROXY=${quotedForShell(proxy)} aws --profile sallyport sts get-caller-identity`,
    ].join('\n'),
    traps: [
      'The file cannot name a proxy: HTTPS_PROXY must be set, or calls go to AWS itself, which does not know the token.',
      'The secret is in a file then: keep it from others (chmod 600), and let the token end soon.',
      'Some programs take “ #” for the beginning of a comment. Use the number of the record, without a blank before #.',
    ],
  };
}

function terraform({ proxy, caFile, keyId, secret, region }: Lines): Way {
  return {
    id: 'terraform',
    label: 'Terraform',
    where: 'In the provider; the two keys better by the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    text: [
      'provider "aws" {',
      `  region           = ${inDoubleQuotes(region)}`,
      `  https_proxy      = ${inDoubleQuotes(proxy)}`,
      `  custom_ca_bundle = ${inDoubleQuotes(caFile)}`,
      `  access_key       = ${inDoubleQuotes(keyId)} # or AWS_ACCESS_KEY_ID`,
      `  secret_key       = ${inDoubleQuotes(secret)} # or AWS_SECRET_ACCESS_KEY`,
      '  skip_metadata_api_check = true',
      '}',
    ].join('\n'),
    traps: [
      'An assume_role block needs sts:AssumeRole, whose answer holds keys: the proxy denies that unless the policy allows it.',
      'A backend "s3" has settings of its own: give it https_proxy and custom_ca_bundle as well.',
      'terraform init loads plug-ins from the web: run it without HTTPS_PROXY in the environment.',
    ],
  };
}

function boto3({ proxy, caFile, keyId, secret, region }: Lines): Way {
  return {
    id: 'boto3',
    label: 'boto3',
    where: 'Where the client is made. The variables of sh work as well.',
    text: [
      'import boto3',
      'from botocore.config import Config',
      '',
      'session = boto3.Session(',
      `    aws_access_key_id=${inDoubleQuotes(keyId)},`,
      `    aws_secret_access_key=${inDoubleQuotes(secret)},`,
      `    region_name=${inDoubleQuotes(region)},`,
      ')',
      `config = Config(proxies={"https": ${inDoubleQuotes(proxy)}})`,
      `sts = session.client("sts", config=config, verify=${inDoubleQuotes(caFile)})`,
      'print(sts.get_caller_identity()["Arn"])',
    ].join('\n'),
    traps: [
      'Every client needs config and verify. verify=False would believe anybody: never use it.',
      'Addresses made by generate_presigned_url are signed with the token, and work nowhere.',
    ],
  };
}

function javaScript({ proxy, caFile, keyId, secret, region }: Lines): Way {
  return {
    id: 'javascript',
    label: 'JavaScript',
    where: 'AWS SDK for JavaScript 3 on Node, with the package https-proxy-agent.',
    text: [
      "import { readFileSync } from 'node:fs';",
      "import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';",
      "import { NodeHttpHandler } from '@smithy/node-http-handler';",
      "import { HttpsProxyAgent } from 'https-proxy-agent';",
      '',
      `const ca = readFileSync(${inDoubleQuotes(caFile)});`,
      `const httpsAgent = new HttpsProxyAgent(${inDoubleQuotes(proxy)}, { ca });`,
      'const sts = new STSClient({',
      `  region: ${inDoubleQuotes(region)},`,
      `  credentials: { accessKeyId: ${inDoubleQuotes(keyId)}, secretAccessKey: ${inDoubleQuotes(secret)} },`,
      '  requestHandler: new NodeHttpHandler({ httpsAgent }),',
      '});',
      'console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);',
    ].join('\n'),
    traps: [
      'This SDK does not read HTTPS_PROXY or AWS_CA_BUNDLE: every client needs the agent.',
      'If certificates are refused although ca is set, start Node with NODE_EXTRA_CA_CERTS naming the file.',
    ],
  };
}

function java({ proxy, caFile, keyId, secret, region }: Lines): Way {
  const { hostname, port } = new URL(proxy);
  return {
    id: 'java',
    label: 'Java',
    where: 'AWS SDK for Java 2: a trust store with the certificate once, then these settings of the program.',
    text: [
      'cp "$JAVA_HOME/lib/security/cacerts" sallyport.jks',
      `keytool -importcert -noprompt -alias sallyport -file ${quotedForShell(caFile)} -keystore sallyport.jks -storepass changeit`,
      '',
      `java -Dhttps.proxyHost=${hostname} -Dhttps.proxyPort=${port || '80'} \\`,
      '  -Djavax.net.ssl.trustStore=sallyport.jks -Djavax.net.ssl.trustStorePassword=changeit \\',
      `  -Daws.accessKeyId=${quotedForShell(keyId)} -Daws.secretAccessKey=${quotedForShell(secret)} \\`,
      `  -Daws.region=${region} -jar your-program.jar`,
    ].join('\n'),
    traps: [
      'Java reads neither AWS_CA_BUNDLE nor HTTPS_PROXY everywhere: the trust store and the settings always count.',
      'What stands on a command line can be seen by others on the machine: prefer the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      'Version 1 of the SDK signs some headers in ways of its own. Use version 2.',
    ],
  };
}

function go(at: Lines): Way {
  const lines = variables(at).map(([name, value]) => ` export ${name}=${quotedForShell(value)}`);
  return {
    id: 'go',
    label: 'Go',
    where: 'AWS SDK for Go 2 reads the same variables: set them, and let config.LoadDefaultConfig find them.',
    text: [...lines, ` export AWS_REGION=${at.region}`, 'go run ./your-program'].join('\n'),
    traps: [
      'Go uses no proxy for localhost and loopback addresses of AWS endpoints of your own; name them otherwise.',
      'A client with an http.Transport of its own needs Proxy: http.ProxyFromEnvironment, and the certificate in its RootCAs.',
    ],
  };
}

function quotedForShell(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function inDoubleQuotes(text: string): string {
  return JSON.stringify(text);
}
