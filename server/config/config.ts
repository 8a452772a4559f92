import type { LogLevel } from '../log.ts';

/** The typed configuration that the supervisor builds once and hands to its children as JSON. Durations are in ms. */
export type Config = {
  demo: boolean;
  dev: boolean;
  /** Absolute path of the checkout: where `.next`, `dist` and `db/migrations` are. */
  rootDir: string;
  dataDir: string;
  recordingsDir: string;
  listen: string;
  /** 0 lets the system choose; the supervisor replaces it by the port it got before children see the configuration. */
  port: number;
  /** Origin of this installation, without a trailing slash. Nothing is ever derived from a `Host` header. */
  publicUrl: string;
  tls: { certPath: string; keyPath: string } | null;
  trustProxy: string[];
  /** `null`: the embedded server. */
  databaseUrl: string | null;
  databaseOwnerUrl: string | null;
  keyringPath: string;
  /** `host`, `host:port` or `CIDR` that may be dialled although they are loopback, link-local or ours. */
  allowTargets: string[];
  logLevel: LogLevel;
};

/** What a child process is told over IPC before anything else. */
export type ChildConfig = Omit<Config, 'databaseUrl' | 'databaseOwnerUrl'> & {
  /** Connection string of the role `sallyport_app`; never the owner's. */
  databaseUrl: string;
  /** Signs next-auth's cookie; 32 random bytes in base64url, kept in the keyring file. */
  authSecret: string;
  portalSocket: string;
};
