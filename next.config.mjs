/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  // The gateway is the only client of the portal; it compresses nothing and caches nothing of its own.
  compress: false,
  devIndicators: false,
  logging: { serverFunctions: false }, // It prints their arguments, and some of them are passwords.
  images: { unoptimized: true }, // We have none; its address would fetch and decode whatever a visitor names.
  experimental: { serverActions: { bodySizeLimit: '6mb' } }, // A table of 5,000 computers comes as one.
  typescript: { ignoreBuildErrors: true }, // `npm run check` types the whole tree once; the build need not do it again.
  serverExternalPackages: ['@aws-sdk/client-kms', '@node-rs/argon2', 'ssh2', 'postgres', 'pino', 'next-auth'],
};

export default config;
