import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

// The same browser without its windows needs a fifth less of the processor.
const browsers = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map(
  (name) => `/usr/bin/${name}`,
);

// The browser of the machine, which must ask nobody but the program under test.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  workers: 2,
  fullyParallel: false,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['line'], ['json', { outputFile: '.build/playwright.json' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    trace: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM || browsers.find(existsSync) || '/usr/bin/chromium',
      args: [
        ...sandbox,
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        // Where WebGL is absent the terminal is drawn as text, which tests can read.
        '--disable-3d-apis',
        '--no-first-run',
      ],
    },
  },
});
